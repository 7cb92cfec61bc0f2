import { RETRY_AFTER_MAX_MS, type RequestResult } from './limiter.ts';
import type { OriginPolicy, OriginState } from './origin-state.ts';
import { createOutage, recordFailedProbe } from './outage.ts';
import { bearableRate, createPacer } from './pacer.ts';

/** Failures that no waiting mends (no such host, certificates) give an origin up after so many in a row. */
const FINAL_FAILURES_MAX = 20;

/** Counts answers; the first of their requests was sent at `sinceMs`. */
export function recordAnswers(state: OriginState, count: number, sinceMs: number): void {
	state.answers += count;
	state.measuredSinceMs ??= sinceMs;
	state.wasReached = true;
	state.finalFailures = 0;
}

/** What is known of the request that a result is of. */
export interface SentRequest {
	/** The state's epoch when it got its permit. */
	readonly epoch: number;
	readonly isProbe: boolean;
}

/**
 * Takes what a request has shown.
 *
 * @param name - Of the origin, for messages.
 * @returns Whether waiting requests should take another turn now.
 */
export function record(
	state: OriginState,
	result: RequestResult,
	{ epoch, isProbe }: SentRequest,
	name: string,
	policy: OriginPolicy,
	nowMs: number,
): boolean {
	switch (result.kind) {
		case 'answered':
			recordAnswers(state, 1, nowMs);
			return endOutage(state);
		case 'refused':
			state.wasReached = true;
			state.finalFailures = 0;
			recordRefusal(state, result, epoch, name, nowMs);
			endOutage(state);
			return true;
		case 'unreachable':
			return recordUnreachable(state, result, isProbe, name, policy, nowMs);
		case 'broken':
			// Requests from before the outage break by it, and do not end it.
			state.wasReached = true;
			return isProbe && endOutage(state);
		case 'unused':
			if (isProbe && state.outage !== undefined) {
				state.outage.isProbing = false;
			}
			return isProbe;
	}
}

function endOutage(state: OriginState): boolean {
	const wasOut = state.outage !== undefined;
	state.outage = undefined;
	return wasOut;
}

function recordUnreachable(
	state: OriginState,
	{ code, target }: Extract<RequestResult, { kind: 'unreachable' }>,
	isProbe: boolean,
	name: string,
	policy: OriginPolicy,
	nowMs: number,
): boolean {
	const { retries, giveUpAfterMs, isTransient } = policy;
	const giveUp = (how: string) => {
		state.givenUp ??= { code: 'origin_down', message: `gave up on ${name} after ${how} (${code})` };
		return true;
	};
	if (!isTransient(code) || retries === 0) {
		state.finalFailures += 1;
		return (
			state.finalFailures >= FINAL_FAILURES_MAX &&
			giveUp(`${FINAL_FAILURES_MAX} failures to connect in a row`)
		);
	}
	const { outage } = state;
	if (outage === undefined) {
		state.outage = createOutage(target, code, state.wasReached, nowMs);
		state.epoch += 1;
		return true;
	}
	outage.code = code;
	outage.failures += 1;
	outage.isShared ||= target !== outage.foundBy;
	const lastedMs = nowMs - outage.sinceMs;
	if (isProbe) {
		if (lastedMs >= giveUpAfterMs) {
			return giveUp(`${(lastedMs / 1000).toFixed(1)} s without a connection`);
		}
		recordFailedProbe(outage, giveUpAfterMs, nowMs);
		return true;
	}
	// A target that is alone has used up its retries: others need not try what it has tried.
	return (
		!outage.isShared &&
		outage.failures > retries &&
		giveUp(`${outage.failures} failures to connect in a row`)
	);
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
	// What was in flight when the pause began is part of the same refusal, and only prolongs it.
	if (epoch !== state.epoch && state.pacer !== undefined) {
		state.pausedUntilMs = Math.max(state.pausedUntilMs, untilMs);
		return;
	}
	const sinceMs = state.measuredSinceMs ?? nowMs;
	const perSecond = bearableRate(state.answers, nowMs - sinceMs, retryAfterMs);
	state.epoch += 1;
	state.pausedUntilMs = untilMs;
	state.pacer = createPacer(perSecond, untilMs, status === 503 ? 'exponential' : 'cubic');
	state.answers = 0;
	state.measuredSinceMs = untilMs;
}
