import { describe, expect, it } from 'vitest';
import type { RequestResult } from '../../../src/download/origin/limiter.ts';
import {
	awaitsRecovery,
	createOriginState,
	isLimiting,
	type OriginPolicy,
	takeTurn,
	throttleReason,
} from '../../../src/download/origin/origin-state.ts';
import { createPacer } from '../../../src/download/origin/pacer.ts';
import { record } from '../../../src/download/origin/record-result.ts';

const POLICY: OriginPolicy = {
	retries: 3,
	giveUpAfterMs: 3500,
	isTransient: (code) => code === 'ECONNREFUSED',
};
const REFUSED = (target: number): RequestResult => ({
	kind: 'unreachable',
	code: 'ECONNREFUSED',
	target,
});

/** An origin with a simulated clock. */
function createOrigin(policy: OriginPolicy = POLICY) {
	const state = createOriginState(policy);
	const tell = (result: RequestResult, nowMs: number, isProbe = false, epoch = state.epoch) =>
		record(state, result, { epoch, isProbe }, 'http://h', policy, nowMs);
	return { state, tell, turn: (target: number, nowMs: number) => takeTurn(state, target, nowMs) };
}

/** An origin that responded, and refused a connection at 0 ms. */
function createLostOrigin() {
	const origin = createOrigin();
	origin.tell({ kind: 'answered' }, 0);
	origin.tell(REFUSED(0), 0);
	return origin;
}

describe('the state of an origin that refuses connections', () => {
	it('makes every target wait, and probes after 0.25, 0.5, 1 s and when the time is up', () => {
		const { state, tell, turn } = createLostOrigin();
		const probesMs: number[] = [];
		for (let nowMs = 0; state.givenUp === undefined; nowMs += 10) {
			expect(awaitsRecovery(state, 0) && awaitsRecovery(state, 1)).toBe(true);
			if (turn(1, nowMs).kind === 'start') {
				probesMs.push(nowMs);
				tell(REFUSED(1), nowMs, true);
			}
		}

		expect(probesMs).toEqual([250, 750, 1750, 3500]);
		expect(state.givenUp).toEqual({
			code: 'origin_down',
			message: 'gave up on http://h after 3.5 s without a connection (ECONNREFUSED)',
		});
		expect(turn(7, 3500)).toMatchObject({ kind: 'given_up' });
	});

	it('sends one probe at a time', () => {
		const { tell, turn } = createLostOrigin();

		expect(turn(1, 250)).toEqual({ kind: 'start', atMs: 250, isProbe: true });
		expect(turn(2, 260)).toEqual({ kind: 'wait', untilMs: Number.POSITIVE_INFINITY });
		tell(REFUSED(1), 300, true);
		expect(turn(2, 310)).toEqual({ kind: 'wait', untilMs: 800 });
	});

	it.each<RequestResult>([
		{ kind: 'answered' },
		{ kind: 'broken' },
		{ kind: 'refused', status: 503, retryAfterMs: 0 },
	])('takes a probe that gets through ($kind) as its recovery', (result) => {
		const { state, tell, turn } = createLostOrigin();
		turn(1, 250);

		tell(result, 260, true);

		expect(state.outage).toBeUndefined();
		expect(turn(2, 300)).toMatchObject({ kind: 'start', isProbe: false });
	});

	it('is not taken for well because a request from before the outage breaks', () => {
		const { state, tell } = createLostOrigin();

		tell({ kind: 'broken' }, 10, false, 0);

		expect(state.outage).toBeDefined();
	});

	it('lets another target probe if the first one is not sent', () => {
		const { tell, turn } = createLostOrigin();
		turn(1, 250);

		tell({ kind: 'unused' }, 260, true);

		expect(turn(2, 270)).toMatchObject({ kind: 'start', isProbe: true });
	});

	it('leaves a target that is alone with an origin never reached to its own retries', () => {
		const { state, tell, turn } = createOrigin();
		for (let failures = 1; failures <= 3; failures += 1) {
			tell(REFUSED(0), failures);
			expect(awaitsRecovery(state, 0)).toBe(false);
			expect(turn(0, failures)).toMatchObject({ kind: 'start', isProbe: false });
		}

		tell(REFUSED(0), 4);

		expect(awaitsRecovery(state, 0)).toBe(false);
		expect(turn(1, 5)).toMatchObject({ kind: 'given_up', code: 'origin_down' });
	});

	it('makes two targets wait together, though it was never reached', () => {
		const { state, tell, turn } = createOrigin();
		tell(REFUSED(0), 0);

		expect(turn(1, 10)).toEqual({ kind: 'wait', untilMs: 250 });

		expect(awaitsRecovery(state, 0)).toBe(true);
	});

	it('keeps to --rate and to Retry-After while it probes', () => {
		const slow = createOrigin({ ...POLICY, perSecond: 0.5 });
		slow.tell({ kind: 'answered' }, 0);
		slow.turn(0, 0);
		slow.tell(REFUSED(0), 0);
		expect(slow.turn(1, 300)).toEqual({ kind: 'wait', untilMs: 2000 });

		const paused = createOrigin();
		paused.tell({ kind: 'refused', status: 503, retryAfterMs: 900 }, 0);
		paused.tell(REFUSED(0), 10);
		expect(paused.turn(1, 300)).toEqual({ kind: 'wait', untilMs: 900 });
	});

	it('says how long it is waited for', () => {
		const { state } = createLostOrigin();

		expect(throttleReason(state, POLICY, 100)).toEqual({
			kind: 'unreachable',
			code: 'ECONNREFUSED',
			untilMs: 3500,
		});
	});
});

describe('the state of an origin', () => {
	it('limits nothing until a request is refused', () => {
		const { state, tell, turn } = createOrigin();
		tell({ kind: 'answered' }, 0);
		tell({ kind: 'broken' }, 0);
		expect(isLimiting(state)).toBe(false);

		tell({ kind: 'refused', status: 429, retryAfterMs: 1000 }, 100);

		expect(isLimiting(state)).toBe(true);
		expect(turn(0, 200)).toMatchObject({ kind: 'start', atMs: 1100 });
	});

	it('gives up an origin that asks for more than a minute', () => {
		const { tell, turn } = createOrigin();

		tell({ kind: 'refused', status: 503, retryAfterMs: 60_001 }, 0);

		expect(turn(0, 0)).toEqual({
			kind: 'given_up',
			code: 'rate_limited',
			message: 'http://h asks to come back in 61 s',
		});
	});

	/** @returns How long `count` requests take, one after the other, each that is refused once more. */
	function tookMs(
		count: number,
		isRefused: (sent: number, nowMs: number) => boolean,
		status: 429 | 503 = 429,
	): number {
		const { tell, turn } = createOrigin();
		let nowMs = 0;
		for (let [sent, done] = [0, 0]; done < count; sent += 1) {
			const next = turn(done, nowMs);
			nowMs = next.kind === 'start' ? Math.max(nowMs, next.atMs) : nowMs;
			const isAnswered = !isRefused(sent, nowMs);
			done += Number(isAnswered);
			tell(
				isAnswered ? { kind: 'answered' } : { kind: 'refused', status, retryAfterMs: 1000 },
				nowMs,
			);
		}
		return nowMs;
	}

	it('is slowed down no further by an origin that refuses every tenth request at any pace', () => {
		expect(tookMs(1000, (sent) => sent % 10 === 9)).toBeLessThan(200_000);
	});

	it.each([
		[20, 429, 25],
		[50, 429, 25],
		[20, 503, 100],
	] satisfies [number, 429 | 503, number][])(
		'comes to the rate of an origin that grants 5 requests per second, and %i at once, or refuses with %i',
		(burst, status, refusalsMax) => {
			let [tokens, filledMs, refusals] = [burst, 0, 0];
			const grants = (_: number, nowMs: number) => {
				tokens = Math.min(burst, tokens + (nowMs - filledMs) / 200);
				filledMs = nowMs;
				const isRefused = tokens < 1;
				tokens -= isRefused ? 0 : 1;
				refusals += Number(isRefused);
				return isRefused;
			};
			const took = tookMs(1000, grants, status);

			expect(refusals).toBeLessThan(refusalsMax);
			expect(took).toBeLessThan(260_000);
		},
	);

	it('takes refusals of one pause for one', () => {
		const { state, tell } = createOrigin();
		tell({ kind: 'refused', status: 429, retryAfterMs: 1000 }, 0, false, 0);
		const { pacer } = state;

		tell({ kind: 'refused', status: 429, retryAfterMs: 1000 }, 50, false, 0);

		expect(state).toMatchObject({ epoch: 1, pausedUntilMs: 1050 });
		expect(state.pacer).toBe(pacer);
	});
});

it('an origin that asks to come back is waited for up to a minute, and given up beyond it', () => {
	const refusal = (retryAfterMs: number): RequestResult => ({
		kind: 'refused',
		status: 429,
		retryAfterMs,
	});
	const [waiting, gone] = [createOrigin(), createOrigin()];
	waiting.tell(refusal(60_000), 100);
	gone.tell(refusal(60_001), 100);

	expect(waiting.state.givenUp).toBeUndefined();
	expect(waiting.turn(0, 100)).toMatchObject({ kind: 'start', atMs: 60_100 });
	expect(gone.state.givenUp).toEqual({
		code: 'rate_limited',
		message: 'http://h asks to come back in 61 s',
	});
	expect(gone.turn(0, 100)).toMatchObject({ kind: 'given_up' });
});

describe('why requests to an origin wait', () => {
	const at = (state: ReturnType<typeof createOriginState>, nowMs: number) =>
		throttleReason(state, POLICY, nowMs);

	it('is nothing at first', () => {
		const { state } = createOrigin();

		expect([at(state, 0), isLimiting(state)]).toEqual([undefined, false]);
	});

	it('is the pause that it asks for until that is over, then the pace that was measured', () => {
		const { state } = createOrigin();
		state.pausedUntilMs = 100;

		expect(at(state, 99)).toEqual({ kind: 'retry_after', untilMs: 100 });
		expect(at(state, 100)).toBeUndefined();
		state.pacer = createPacer(1, 0, 'cubic');
		expect(at(state, 100)).toEqual({ kind: 'pacing' });
		expect(at(state, 99)).toEqual({ kind: 'retry_after', untilMs: 100 });
		expect(isLimiting(state)).toBe(true);
	});

	it('is --rate, if there is one, which limits from the start', () => {
		const { state, turn } = createOrigin({ ...POLICY, perSecond: 2 });

		expect(isLimiting(state)).toBe(true);
		expect(at(state, 0)).toEqual({ kind: 'rate_limit' });
		expect([turn(0, 0), turn(1, 0)]).toEqual([
			{ kind: 'start', atMs: 0, isProbe: false },
			{ kind: 'start', atMs: 500, isProbe: false },
		]);
	});

	it('is that it cannot be reached, once a second target comes, if it never was', () => {
		const { state, tell, turn } = createOrigin();
		tell(REFUSED(0), 0);

		expect([at(state, 0), isLimiting(state), awaitsRecovery(state, 0)]).toEqual([
			undefined,
			true,
			false,
		]);
		expect(turn(0, 0)).toEqual({ kind: 'start', atMs: 0, isProbe: false });
		expect(at(state, 0)).toBeUndefined();
		turn(1, 0);
		expect(at(state, 0)).toEqual({ kind: 'unreachable', code: 'ECONNREFUSED', untilMs: 3500 });
	});
});
