import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { AttemptTimeouts, SpeedLimit } from '../../../src/download/connection/time-limits.ts';
import type { Exchange } from '../../../src/download/http/exchange.ts';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../../src/download/options.ts';
import { nowMs } from '../../../src/download/outcome.ts';

beforeEach(() => {
	vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
	onTestFinished(() => {
		vi.useRealTimers();
	});
});

/** The members of an exchange that a limit uses; an ended one leaves the list of exchanges in flight. */
class Fake {
	readonly startMs: number = nowMs();
	receivedBytes = 0;
	wasPaused = false;
	ended: string | undefined;
	readonly #inFlight: Exchange[];

	constructor(inFlight: Exchange[]) {
		this.#inFlight = inFlight;
		inFlight.push(this as unknown as Exchange);
	}

	takeWasPaused(): boolean {
		return this.wasPaused;
	}

	abort({ message }: Error): void {
		this.ended = message;
		this.#inFlight.splice(this.#inFlight.indexOf(this as unknown as Exchange), 1);
	}
}

describe('the time limit of an attempt', () => {
	it('ends each when its own time is up, all by one timer', () => {
		const inFlight: Exchange[] = [];
		const timeouts = new AttemptTimeouts(inFlight, 1000);
		const begun = Array.from({ length: 3 }, () => {
			const exchange = new Fake(inFlight);
			timeouts.watch();
			vi.advanceTimersByTime(300);
			return exchange;
		});
		const ended = () => begun.map((exchange) => exchange.ended !== undefined);
		expect(vi.getTimerCount()).toBe(1);

		for (const [ms, expected] of [
			[99, [false, false, false]],
			[1, [true, false, false]],
			[299, [true, false, false]],
			[1, [true, true, false]],
			[299, [true, true, false]],
			[1, [true, true, true]],
		] as const) {
			vi.advanceTimersByTime(ms);
			expect(ended()).toEqual(expected);
		}
		expect(begun[0]?.ended).toBe('not complete within 1 s');
		expect(vi.getTimerCount()).toBe(0);
		new Fake(inFlight);
		timeouts.watch();
		expect(vi.getTimerCount()).toBe(1);
	});

	it('waits for the first of those that are left, in whatever order they are', () => {
		const inFlight: Exchange[] = [];
		const timeouts = new AttemptTimeouts(inFlight, 1000);
		timeouts.watch();
		vi.advanceTimersByTime(200);
		const older = new Fake(inFlight);
		vi.advanceTimersByTime(200);
		const younger = new Fake(inFlight);
		inFlight.reverse();

		vi.advanceTimersByTime(800);
		expect([older.ended, younger.ended]).toEqual([expect.any(String), undefined]);
		vi.advanceTimersByTime(200);
		expect(younger.ended).toBeDefined();
	});

	it('ends nothing when it is closed', () => {
		const inFlight: Exchange[] = [];
		const timeouts = new AttemptTimeouts(inFlight, 1000);
		const exchange = new Fake(inFlight);
		timeouts.watch();

		timeouts.close();

		expect(vi.getTimerCount()).toBe(0);
		vi.advanceTimersByTime(2000);
		expect(exchange.ended).toBeUndefined();
		timeouts.watch();
		expect(vi.getTimerCount()).toBe(1);
	});
});

describe('the speed limit', () => {
	const begin = (options: Partial<DownloadOptions> = {}) => {
		const inFlight: Exchange[] = [];
		const usual = { speedLimitBytesPerSecond: 100, speedTimeMs: 3000, stallTimeMs: 1000 };
		const limit = new SpeedLimit(inFlight, { ...DEFAULT_OPTIONS, ...usual, ...options });
		const exchange = new Fake(inFlight);
		limit.watch();
		/** Lets a second pass, in which this number of bytes arrives. */
		const second = (bytes: number) => {
			exchange.receivedBytes += bytes;
			vi.advanceTimersByTime(1000);
			return exchange.ended;
		};
		return { limit, exchange, second, inFlight };
	};

	it('ends what receives less on average of its time, counted from the first byte', () => {
		const { second } = begin();

		expect([0, 0, 0, 0, 0, 500].map(second)).toEqual(Array.from({ length: 6 }, () => undefined));
		expect([299, 0].map(second)).toEqual([undefined, undefined]);
		expect(second(0)).toBe('too slow: 99 B/s during the last 3 s, less than 100 B/s');
	});

	it('lets pass what receives as much, and judges each time anew', () => {
		const { second } = begin();

		const seconds = [1, 300, 0, 0, 900, 0, 0, 0, 0];
		expect(seconds.map(second)).toEqual(seconds.map(() => undefined));
		expect(second(299)).toBe('too slow: 99 B/s during the last 3 s, less than 100 B/s');
	});

	it('counts no second in which the reader was slow', () => {
		const { exchange, second } = begin();
		second(1);
		second(0);
		exchange.wasPaused = true;
		expect([0, 0, 0, 0].map(second)).toEqual([undefined, undefined, undefined, undefined]);

		exchange.wasPaused = false;
		expect(second(0)).toBeUndefined();
		expect(second(0)).toMatch(/^too slow: 0 B\/s/);
	});

	it('does not judge sooner than silence is judged, nor more often than its time', () => {
		expect(begin({ stallTimeMs: 4000 }).second(1)).toBeUndefined();
		const long = begin({ stallTimeMs: 4000 });
		expect([1, 0, 0, 0].map(long.second)).toEqual([undefined, undefined, undefined, undefined]);
		expect(long.second(0)).toMatch(/during the last 4 s/);

		const short = begin({ speedTimeMs: 250, stallTimeMs: 100 });
		short.exchange.receivedBytes = 1;
		vi.advanceTimersByTime(499);
		expect(short.exchange.ended).toBeUndefined();
		vi.advanceTimersByTime(1);
		expect(short.exchange.ended).toMatch(/during the last 0\.25 s/);
	});

	it('has a timer while something is in flight', () => {
		const { limit, exchange, second, inFlight } = begin();
		limit.watch();
		expect(vi.getTimerCount()).toBe(1);
		second(1);
		expect(vi.getTimerCount()).toBe(1);
		exchange.abort(new Error('ended'));
		second(0);
		expect(vi.getTimerCount()).toBe(0);

		new Fake(inFlight);
		limit.watch();
		expect(vi.getTimerCount()).toBe(1);
		limit.close();
		expect(vi.getTimerCount()).toBe(0);
		limit.watch();
		expect(vi.getTimerCount()).toBe(1);
	});
});
