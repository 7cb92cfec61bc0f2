import { describe, expect, it } from 'vitest';
import { boundBy } from '../../../src/bench/analysis/bound-by.ts';
import { type Attempt, idealOf } from '../../../src/bench/analysis/ideal.ts';

const attempt = (part: Partial<Attempt> = {}): Attempt => ({
	waitMs: 0,
	latencyMs: 50,
	transferMs: 0,
	...part,
});
const files = (count: number, ...attempts: readonly Attempt[]) =>
	Array.from({ length: count }, () => attempts);

describe('idealOf', () => {
	it('is ceil(N/c) × L for a constant latency without faults', () => {
		expect(idealOf({ files: files(120, attempt()), slots: 8 })).toEqual({
			ms: 750,
			scheduleMs: 750,
			bandwidthMs: 0,
			rateMs: 0,
			limit: 'latency',
		});
	});

	it('is that of the rate for more files than a call takes arguments', () => {
		const { ms, limit } = idealOf({
			files: files(150_000, attempt()),
			slots: 1000,
			clientRate: { requests: 1000, windowMs: 1000 },
		});

		expect([ms, limit]).toEqual([150_049, 'rate limit']);
	});

	it('is made of back-off where waiting is most of it', () => {
		const { ms, limit } = idealOf({
			files: files(4, attempt(), attempt({ waitMs: 1000 })),
			slots: 4,
		});

		expect([ms, limit]).toEqual([1100, 'back-off']);
	});

	it('is made of bandwidth where bodies are most of it', () => {
		const { ms, bandwidthMs, limit } = idealOf({
			files: files(8, attempt({ latencyMs: 10, transferMs: 500 })),
			slots: 4,
		});

		expect([ms, bandwidthMs, limit]).toEqual([1020, 1000, 'bandwidth']);
	});

	it('lets bursts through a sliding window, and paces a client evenly', () => {
		const work = { files: files(120, attempt({ latencyMs: 20 })), slots: 32 };
		const rate = { requests: 50, windowMs: 1000 };

		expect(idealOf({ ...work, serverRate: rate })).toMatchObject({ ms: 2020, limit: 'rate limit' });
		expect(idealOf({ ...work, clientRate: rate })).toMatchObject({ ms: 119 * 20 + 20 });
		expect(idealOf({ ...work, serverRate: { requests: 120, windowMs: 1000 } })).toMatchObject({
			ms: 80,
			limit: 'latency',
		});
	});
});

describe('boundBy', () => {
	const ideal = idealOf({ files: files(120, attempt()), slots: 8 });
	const near = { ideal, wallMs: 800, refused: 0, waitingMs: 0 };
	const far = { ideal, wallMs: 1800, refused: 0, waitingMs: 0 };

	it('is the server as soon as that is busy, whatever else', () => {
		expect(boundBy({ ...near, serverUtilization: 0.75 })).toBe('server');
	});

	it('is what the ideal is made of, near it', () => {
		expect(boundBy({ ...near, clientUtilization: 1, serverUtilization: 0.4 })).toBe('latency');
	});

	it('is the processor of a client that is busy and far from the ideal', () => {
		expect(boundBy({ ...far, clientUtilization: 0.95 })).toBe('client CPU');
	});

	it('is the processor of a client that lost the time on it, if not all of the time', () => {
		expect(boundBy({ ...far, clientUtilization: 0.3 })).toBe('client CPU');
	});

	it('is a rate limit that refused', () => {
		expect(boundBy({ ...far, refused: 70 })).toBe('rate limit');
	});

	it('is back-off where files waited beside idle slots', () => {
		expect(boundBy({ ...far, waitingMs: 700 })).toBe('back-off');
		expect(boundBy({ ...far, waitingMs: 500 })).toBe('unknown');
	});

	it('is unknown where nothing explains it', () => {
		expect(boundBy({ ...far, clientUtilization: 0.2 })).toBe('unknown');
	});
});
