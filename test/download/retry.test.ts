import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AttemptLog } from '../../src/download/attempt-log.ts';
import type { DownloadContext } from '../../src/download/context.ts';
import {
	DownloadError,
	type DownloadErrorOptions,
	PartRefused,
} from '../../src/download/errors.ts';
import { parseUrl } from '../../src/download/http/redirect.ts';
import type { HedgedRequest } from '../../src/download/mirrors.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import { backOffMs, jitter } from '../../src/download/origin/limiter.ts';
import { nowMs } from '../../src/download/outcome.ts';
import { TargetProgress } from '../../src/download/progress.ts';
import { RetryPolicy } from '../../src/download/retry.ts';
import { contextWith } from '../helpers/download.ts';

const HREF = 'http://a/x.gif';
const target = { id: 'x', index: 0, url: HREF, dest: '/x.gif' };
const failed = (code: string, rest: Partial<DownloadErrorOptions> = {}) =>
	new DownloadError(target, 'what was wrong', { code, ...rest });
/** With `Retry-After: 0`, so that the test does not wait. */
const passing = failed('http_503', { retryAfterMs: 0 });

interface Tried {
	readonly policy: RetryPolicy;
	readonly log: AttemptLog;
	readonly progress: TargetProgress;
	readonly controller: AbortController;
	readonly context: DownloadContext;
	/** Number of times that the next mirror was started. */
	readonly started: () => number;
}

function begin(options: Partial<DownloadOptions> = {}): Tried {
	const [log, progress] = [new AttemptLog(false), new TargetProgress(target)];
	const [controller, context] = [new AbortController(), contextWith({ seed: 3, ...options })];
	let starts = 0;
	const startNext = () => {
		starts += 1;
	};
	const hedged = { url: HREF, startNext } as HedgedRequest;
	const url = parseUrl(target, HREF);
	const spec = { target, url, log, progress, hedged, signal: controller.signal };
	const policy = new RetryPolicy(spec, context);
	return { policy, log, progress, controller, context, started: () => starts };
}

describe('after a failed try', () => {
	it('there are as many more as there are retries', async () => {
		const { policy, log, started } = begin({ retries: 2 });

		await policy.waitOrThrow(passing);
		await policy.waitOrThrow(passing);

		expect(log.retries).toBe(2);
		await expect(policy.waitOrThrow(passing)).rejects.toBe(passing);
		expect(log.retries).toBe(2);
		expect(started()).toBe(3);
	});

	it('there is none if the failure is final, or a bug', async () => {
		const { policy, log, started } = begin();
		const [final, bug] = [failed('http_404'), new TypeError('a bug')];

		await expect(policy.waitOrThrow(bug)).rejects.toBe(bug);
		expect(started()).toBe(0);
		await expect(policy.waitOrThrow(final)).rejects.toBe(final);
		expect([started(), log.retries]).toEqual([1, 0]);
	});

	it('there is none if the run was ended', async () => {
		const { policy, controller, started } = begin();
		const reason = new Error('enough');
		controller.abort(reason);

		await expect(policy.waitOrThrow(passing)).rejects.toBe(reason);
		expect(started()).toBe(0);
	});

	it('a part that was refused costs none of them, and starts no mirror', async () => {
		const { policy, log, started } = begin({ retries: 0 });

		await policy.waitOrThrow(new PartRefused(target, 'another version'));

		expect([log.retries, started()]).toEqual([0, 0]);
	});

	it('the next one is after a back-off that the seed decides, and that is shown', async () => {
		const { policy, progress, log } = begin();
		progress.waitsForOrigin('http://a');
		const beforeMs = nowMs();

		const waited = policy.waitOrThrow(failed('ECONNRESET'));

		const wait = progress.snapshot(beforeMs)?.wait;
		expect(wait).toMatchObject({ kind: 'back_off', code: 'ECONNRESET' });
		const untilMs = wait?.kind === 'back_off' ? wait.untilMs : 0;
		expect(untilMs - beforeMs).toBeGreaterThanOrEqual(backOffMs(0, jitter(3, HREF, 0)));
		expect(log.retries).toBe(0);
		await waited;
		// A timer may fire up to a millisecond early.
		expect(nowMs()).toBeGreaterThan(untilMs - 2);
		expect(log.retries).toBe(1);
	});

	it('there is a next one without mirrors, too, and if no progress is shown', async () => {
		const [log, { signal }] = [new AttemptLog(false), new AbortController()];
		const url = parseUrl(target, HREF);
		const spec = { target, url, log, signal, progress: undefined, hedged: undefined };

		await new RetryPolicy(spec, contextWith()).waitOrThrow(failed('ECONNRESET'));

		expect(log.retries).toBe(1);
	});

	it('a back-off ends with the run', async () => {
		const { policy, controller, log } = begin();
		const waited = policy.waitOrThrow(failed('ECONNRESET'));
		controller.abort();

		await expect(waited).rejects.toThrow();
		expect(log.retries).toBe(0);
	});
});

describe('what the server asks for', () => {
	it.each([
		[60_000, undefined],
		[60_001, 'what was wrong: the server asks to come back in 61 s'],
		[3_600_000, 'what was wrong: the server asks to come back in 3600 s'],
	])('is waited for up to a minute: %i ms', async (retryAfterMs, message) => {
		const { policy, log, progress } = begin({ retryMaxTimeMs: 7_200_000 });
		progress.waitsForOrigin('http://a');
		const error = failed('http_429', { retryAfterMs, httpStatus: 429 });

		const wait = policy.waitOrThrow(error);

		if (message === undefined) {
			await wait;
			expect(log.retries).toBe(1);
			// The limiter makes all requests to the origin wait.
			expect(progress.snapshot(0)?.wait.kind).toBe('origin');
		} else {
			await expect(wait).rejects.toMatchObject({
				...{ code: 'rate_limited', message, httpStatus: 429, cause: error, target },
			});
			expect(log.retries).toBe(0);
		}
	});
});

describe('--retry-max-time', () => {
	it('is counted from the last progress', async () => {
		const { policy } = begin({ retryMaxTimeMs: 1000 });
		const late = failed('http_503', { retryAfterMs: 1 });

		await policy.waitOrThrow(late);
		await sleep(1010);
		await expect(policy.waitOrThrow(late)).rejects.toBe(late);
		policy.restartTime();
		await policy.waitOrThrow(late);
	});

	it('allows a wait that is exactly as long as what is left at most', async () => {
		const { policy } = begin({ retryMaxTimeMs: 1000 });
		const late = failed('http_503', { retryAfterMs: 1001 });

		await expect(policy.waitOrThrow(late)).rejects.toBe(late);
	});
});

describe('a process that is out of file descriptors', () => {
	const pressed = failed('EMFILE');

	it('waits for one, with fewer slots, and that is no retry', async () => {
		const { policy, log, context } = begin({ retries: 0 });
		const { slots } = context;
		for (let taken = 0; taken < 4; taken += 1) {
			expect(slots.acquire()).toBeUndefined();
		}

		await policy.waitOrThrow(pressed);

		expect(log.retries).toBe(0);
		// The limit is now three: after two releases, one slot can be acquired.
		slots.release();
		expect(slots.acquire()).toBeInstanceOf(Promise);
	});

	it('stops waiting when the run is ended', async () => {
		const { policy, controller } = begin();
		const waited = policy.waitOrThrow(pressed);
		controller.abort();

		await expect(waited).rejects.toThrow(/abort/);
	});

	it('does not wait longer than --retry-max-time', async () => {
		const { policy } = begin({ retryMaxTimeMs: 50 });

		await expect(policy.waitOrThrow(pressed)).rejects.toBe(pressed);
	});

	it.each([
		[3000, false],
		[5001, true],
	])('that has written nothing for %i ms gives up: %s', async (silentMs, givesUp) => {
		const { policy, context, controller } = begin();
		context.parts.lastWriteMs = nowMs() - silentMs;

		const waited = policy.waitOrThrow(pressed);
		controller.abort(new Error('the test ends'));

		await expect(waited).rejects.toMatchObject(
			givesUp
				? {
						code: 'EMFILE',
						cause: pressed,
						message:
							'no file descriptor was free for 5 s; raise the limit (ulimit -n), or lower --concurrency and --threads',
					}
				: { name: 'AbortError' },
		);
	});
});
