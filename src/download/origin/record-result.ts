import { RETRY_AFTER_MAX_MS, type RequestResult } from './limiter.ts';
import type { OriginPolicy, OriginState } from './origin-state.ts';
import { createOutage, recordFailedProbe } from './outage.ts';
import { createPacer, sustainableRate } from './pacer.ts';

/** The origin is given up after this many consecutive permanent failures (unknown host, certificates). */
const FINAL_FAILURES_MAX = 20;

/** A refusal is early if it comes this soon after a pause, although so many requests were answered. */
const EARLY_MS = 5000;
const EARLY_ANSWERS_MIN = 4;
/** After so many early 429s in a row, each at a lower pace, the pace is not what is refused: it goes on rising. */
const EARLY_REFUSALS_MAX = 3;

/** Counts responses; the first of their requests was sent at `sinceMs`. */
export function recordAnswers(state: OriginState, count: number, sinceMs: number): void {
	state.answers += count;
	state.measuredSinceMs ??= sinceMs;
	state.wasReached = true;
	state.finalFailures = 0;
}

/** The request that a result belongs to. */
export interface SentRequest {
	/** The state's epoch when it acquired its permit. */
	readonly epoch: number;
	readonly isProbe: boolean;
}

/**
 * Applies the result of a request.
 *
 * @param name - The origin, for messages.
 */
export function record(
	state: OriginState,
	result: RequestResult,
	{ epoch, isProbe }: SentRequest,
	name: string,
	policy: OriginPolicy,
	nowMs: number,
): void {
	switch (result.kind) {
		case 'answered':
			recordAnswers(state, 1, nowMs);
			state.outage = undefined;
			return;
		case 'refused':
			state.wasReached = true;
			state.finalFailures = 0;
			recordRefusal(state, result, epoch, name, nowMs);
			state.outage = undefined;
			return;
		case 'unreachable':
			recordUnreachable(state, result, isProbe, name, policy, nowMs);
			return;
		case 'broken':
			// The outage also breaks requests that started before it, so only a probe can end it.
			state.wasReached = true;
			state.outage = isProbe ? undefined : state.outage;
			return;
		case 'unused':
			if (isProbe && state.outage !== undefined) {
				state.outage.isProbing = false;
			}
			return;
	}
}

function recordUnreachable(
	state: OriginState,
	{ code, target }: Extract<RequestResult, { kind: 'unreachable' }>,
	isProbe: boolean,
	name: string,
	policy: OriginPolicy,
	nowMs: number,
): void {
	const { retries, giveUpAfterMs, isTransient } = policy;
	const giveUp = (how: string) => {
		state.givenUp ??= { code: 'origin_down', message: `gave up on ${name} after ${how} (${code})` };
	};
	if (!isTransient(code) || retries === 0) {
		state.finalFailures += 1;
		if (state.finalFailures >= FINAL_FAILURES_MAX) {
			giveUp(`${FINAL_FAILURES_MAX} failures to connect in a row`);
		}
		return;
	}
	const { outage } = state;
	if (outage === undefined) {
		state.outage = createOutage(target, code, state.wasReached, nowMs);
		state.epoch += 1;
		return;
	}
	outage.code = code;
	outage.failures += 1;
	outage.isShared ||= target !== outage.foundBy;
	const lastedMs = nowMs - outage.sinceMs;
	if (isProbe && lastedMs >= giveUpAfterMs) {
		giveUp(`${(lastedMs / 1000).toFixed(1)} s without a connection`);
	} else if (isProbe) {
		recordFailedProbe(outage, giveUpAfterMs, nowMs);
	} else if (!outage.isShared && outage.failures > retries) {
		// The only affected target has used up its retries: spare the others the same attempts.
		giveUp(`${outage.failures} failures to connect in a row`);
	}
}

function recordRefusal(
	state: OriginState,
	{ status, retryAfterMs }: Extract<RequestResult, { kind: 'refused' }>,
	epoch: number,
	name: string,
	nowMs: number,
): void {
	if (retryAfterMs > RETRY_AFTER_MAX_MS) {
		const seconds = Math.ceil(retryAfterMs / 1000);
		state.givenUp ??= {
			code: 'rate_limited',
			message: `${name} asks to come back in ${seconds} s`,
		};
		return;
	}
	const untilMs = nowMs + retryAfterMs;
	// A request from before the pause belongs to the same refusal and can only prolong it.
	if (epoch !== state.epoch && state.pacer !== undefined) {
		state.pausedUntilMs = Math.max(state.pausedUntilMs, untilMs);
		return;
	}
	const elapsedMs = nowMs - (state.measuredSinceMs ?? nowMs);
	const { pacer } = state;
	const isEarly = elapsedMs < EARLY_MS && state.answers >= EARLY_ANSWERS_MIN;
	const isCounted = pacer?.growth === 'cubic' && status === 429 && isEarly;
	state.earlyRefusals = isCounted ? state.earlyRefusals + 1 : 0;
	state.epoch += 1;
	state.pausedUntilMs = untilMs;
	if (pacer !== undefined && state.earlyRefusals > EARLY_REFUSALS_MAX) {
		pacer.nextMs = untilMs;
	} else {
		const perSecond = sustainableRate(state.answers, elapsedMs, retryAfterMs);
		state.pacer = createPacer(perSecond, untilMs, status === 503 ? 'exponential' : 'cubic');
	}
	state.answers = 0;
	state.measuredSinceMs = untilMs;
}
