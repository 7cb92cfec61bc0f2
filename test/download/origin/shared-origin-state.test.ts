import { describe, expect, it } from 'vitest';
import type { OriginPolicy } from '../../../src/download/origin/origin-state.ts';
import {
	addAnswers,
	createSharedOriginState,
	type OriginParts,
	recordShared,
	releaseInFlight,
	renewLease,
	type SharedOriginState,
	takeSharedTurn,
} from '../../../src/download/origin/shared-origin-state.ts';

const POLICY: OriginPolicy = { retries: 3, giveUpAfterMs: 3500, isTransient: () => true };
const START = { kind: 'start', atMs: 0, isProbe: false } as const;

const LEASE_MS = 15_000;
const partsOf = (owner: string, maxInFlight = Number.POSITIVE_INFINITY): OriginParts => ({
	...{ name: 'http://h', policy: POLICY, owner, maxInFlight, leaseMs: LEASE_MS },
});
const take = (shared: SharedOriginState, owner: string, nowMs = 0, maxInFlight?: number) =>
	takeSharedTurn(shared, 0, partsOf(owner, maxInFlight), nowMs);
const tell = (
	shared: SharedOriginState,
	result: Parameters<typeof recordShared>[1],
	nowMs: number,
) => {
	const sent = { epoch: shared.state.epoch, isProbe: false };
	recordShared(shared, result, sent, partsOf('a'), nowMs);
};

describe('places at an origin that several processes share', () => {
	it('are counted for all of them, and without a limit for none', () => {
		const shared = createSharedOriginState(POLICY);

		expect(take(shared, 'a').turn).toEqual(START);
		expect(shared.inFlight).toEqual({});
		for (const owner of ['a', 'b', 'a']) {
			expect(take(shared, owner, 0, 3)).toEqual({ turn: START, epoch: 0 });
		}
		expect(shared.inFlight).toMatchObject({ a: { count: 2 }, b: { count: 1 } });

		const waits = Array.from({ length: 100 }, () => take(shared, 'b', 100, 3).turn);
		const untilMs = waits.map((turn) => (turn.kind === 'wait' ? turn.untilMs : Number.NaN));
		expect(Math.min(...untilMs)).toBeGreaterThanOrEqual(105);
		expect(Math.max(...untilMs)).toBeLessThanOrEqual(130);
		expect(new Set(untilMs).size).toBeGreaterThan(1);
		releaseInFlight(shared, 'a');
		expect(take(shared, 'b', 0, 3).turn).toEqual(START);
	});

	it('are left by a process that has some, and by no other', () => {
		const shared = createSharedOriginState(POLICY);
		take(shared, 'a', 0, 1);

		releaseInFlight(shared, 'b');
		releaseInFlight(shared, 'a');
		releaseInFlight(shared, 'a');

		expect(shared.inFlight).toEqual({ a: { count: 0, untilMs: LEASE_MS } });
	});

	it('are free again when their process has not renewed them in time', () => {
		const shared = createSharedOriginState(POLICY);
		take(shared, 'a', 0, 2);
		take(shared, 'b', 0, 2);
		renewLease(shared, 'a', LEASE_MS + 1000);
		renewLease(shared, 'c', LEASE_MS + 1000);

		expect(take(shared, 'c', LEASE_MS, 2).turn.kind).toBe('wait');
		expect(take(shared, 'c', LEASE_MS + 1, 2).turn.kind).toBe('start');
		expect(Object.keys(shared.inFlight).sort()).toEqual(['a', 'c']);
	});

	it('are not taken while the origin is paused, nor once it is given up', () => {
		const shared = createSharedOriginState(POLICY);
		tell(shared, { kind: 'refused', status: 429, retryAfterMs: 1000 }, 0);

		const pause = { kind: 'wait', untilMs: 1000 };
		expect(take(shared, 'a', 999, 1)).toEqual({ turn: pause, epoch: 1 });
		tell(shared, { kind: 'refused', status: 429, retryAfterMs: 1e9 }, 0);
		expect(take(shared, 'a', 999, 1).turn).toMatchObject({ kind: 'given_up' });
		expect(shared.inFlight).toEqual({});
		const other = createSharedOriginState(POLICY);
		tell(other, { kind: 'refused', status: 429, retryAfterMs: 1000 }, 0);
		expect(take(other, 'a', 1000, 1).turn.kind).toBe('start');
	});

	it('are taken by requests that start, not by those that wait for the origin', () => {
		const shared = createSharedOriginState(POLICY);
		tell(shared, { kind: 'answered' }, 0);
		tell(shared, { kind: 'unreachable', code: 'ECONNREFUSED', target: 0 }, 0);

		expect(take(shared, 'a', 10, 5)).toEqual({ turn: { kind: 'wait', untilMs: 250 }, epoch: 1 });
		expect(shared.inFlight).toEqual({});
	});
});

describe('a probe of an origin that several processes share', () => {
	it('is given up for another one when its process has told nothing in time', () => {
		const shared = createSharedOriginState(POLICY);
		tell(shared, { kind: 'answered' }, 0);
		tell(shared, { kind: 'unreachable', code: 'ECONNREFUSED', target: 0 }, 0);

		expect(take(shared, 'a', 250).turn).toMatchObject({ kind: 'start', isProbe: true });
		expect(shared.probeUntilMs).toBe(250 + LEASE_MS);
		const stillWaits = take(shared, 'b', 250 + LEASE_MS).turn;
		expect(stillWaits).toEqual({ kind: 'wait', untilMs: Number.POSITIVE_INFINITY });
		expect(take(shared, 'b', 251 + LEASE_MS).turn).toMatchObject({ kind: 'start', isProbe: true });
		expect(shared.probeUntilMs).toBe(251 + 2 * LEASE_MS);
	});

	it('is no request that starts when nothing is wrong', () => {
		const shared = createSharedOriginState(POLICY);

		take(shared, 'a', 99);

		expect(shared.probeUntilMs).toBe(0);
	});
});

describe('answers of an origin that several processes share', () => {
	const refused = () => {
		const shared = createSharedOriginState(POLICY);
		addAnswers(shared, 10, 0, 0);
		tell(shared, { kind: 'refused', status: 429, retryAfterMs: 0 }, 1000);
		return shared;
	};

	it('of before a refusal raise the pace that was measured, as long as none has been sent by it', () => {
		const shared = refused();
		expect(shared).toMatchObject({ measured: 10, state: { pacer: { perSecond: 10 }, epoch: 1 } });

		addAnswers(shared, 5, 0, 0);
		addAnswers(shared, 15, 0, 0);
		expect(shared).toMatchObject({ measured: 30, state: { answers: 0 } });
		expect(shared.state.pacer).toMatchObject({ perSecond: 30, startMs: 1000, growth: 'cubic' });

		take(shared, 'a', 1000);
		addAnswers(shared, 5, 0, 0);
		expect(shared).toMatchObject({ measured: 30, state: { pacer: { perSecond: 30 }, answers: 5 } });
	});

	it('of after a refusal count for the next one', () => {
		const shared = refused();

		addAnswers(shared, 5, 1, 0);

		expect(shared).toMatchObject({ measured: 10, state: { pacer: { perSecond: 10 }, answers: 5 } });
	});

	it('raise a pace that rests on none as if it had rested on one', () => {
		const shared = createSharedOriginState(POLICY);
		tell(shared, { kind: 'refused', status: 429, retryAfterMs: 1000 }, 0);
		expect(shared).toMatchObject({ measured: 0, state: { pacer: { perSecond: 1 } } });

		addAnswers(shared, 4, 0, 0);

		expect(shared).toMatchObject({ measured: 4, state: { pacer: { perSecond: 4 } } });
	});

	it('are what was measured only when there is a new measure', () => {
		const shared = refused();
		addAnswers(shared, 3, 1, 0);

		tell(shared, { kind: 'answered' }, 2000);

		expect(shared.measured).toBe(10);
	});

	it('of an earlier epoch count where no pace was measured', () => {
		const shared = createSharedOriginState(POLICY);
		tell(shared, { kind: 'unreachable', code: 'ECONNREFUSED', target: 0 }, 0);

		addAnswers(shared, 2, 0, 7);

		expect(shared.state).toMatchObject({ epoch: 1, answers: 2, measuredSinceMs: 7 });
	});
});
