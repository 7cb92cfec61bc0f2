import type { RequestResult, ThrottleReason } from './limiter.ts';
import { createOutage, type Outage, recordFailedProbe, startProbe } from './outage.ts';
import { bearableRate, createPacer, type Pacer, takeTurnMs } from './pacer.ts';

/** The longest `Retry-After` that is waited for, in milliseconds. */
export const RETRY_AFTER_MAX_MS = 60_000;

/** Failures that no waiting mends (no such host, certificates) give an origin up after so many in a row. */
const FINAL_FAILURES_MAX = 20;

/** What is decided once for all origins of a run. */
export interface OriginPolicy {
	/** Requests per second of `--rate`. */
	readonly perSecond?: number | undefined;
	/** `--retry`: attempts after the first. */
	readonly retries: number;
	/** How long an origin may be out of reach before it is given up. */
	readonly giveUpAfterMs: number;
	/** Whether a failure to connect may mend itself, by its code. */
	readonly isTransient: (code: string) => boolean;
}

/**
 * All that is known of one origin. Plain data and pure functions: `takeTurn` says when a request may
 * start, `record` takes its result. Times are milliseconds on the caller's clock.
 */
export interface OriginState {
	/** Counts pauses and outages: a request that started before one says nothing new by failing. */
	epoch: number;
	pausedUntilMs: number;
	readonly fixedPacer: Pacer | undefined;
	pacer: Pacer | undefined;
	answers: number;
	measuredSinceMs: number | undefined;
	/** Whether any connection was ever made. */
	wasReached: boolean;
	outage: Outage | undefined;
	finalFailures: number;
	givenUp: GivenUp | undefined;
}

interface GivenUp {
	readonly code: 'origin_down' | 'rate_limited';
	readonly message: string;
}

/** When a request may start. */
export type Turn =
	/** If the epoch is still the same then; otherwise it takes another turn. */
	| { readonly kind: 'start'; readonly atMs: number; readonly isProbe: boolean }
	/** Until this time, or until `record` says that something has changed. */
	| { readonly kind: 'wait'; readonly untilMs: number }
	| ({ readonly kind: 'given_up' } & GivenUp);

export function createOriginState({ perSecond }: OriginPolicy): OriginState {
	return {
		epoch: 0,
		pausedUntilMs: 0,
		fixedPacer: perSecond === undefined ? undefined : createPacer(perSecond, 0, 'fixed'),
		pacer: undefined,
		answers: 0,
		measuredSinceMs: undefined,
		wasReached: false,
		outage: undefined,
		finalFailures: 0,
		givenUp: undefined,
	};
}

/** Whether requests must take turns. */
export function isLimiting(state: OriginState): boolean {
	return (
		state.outage !== undefined ||
		state.pacer !== undefined ||
		state.fixedPacer !== undefined ||
		state.givenUp !== undefined
	);
}

/** The next turn of this target. */
export function takeTurn(state: OriginState, target: number, nowMs: number): Turn {
	const { givenUp, outage, pausedUntilMs, pacer, fixedPacer } = state;
	if (givenUp !== undefined) {
		return { kind: 'given_up', ...givenUp };
	}
	if (outage !== undefined) {
		if (target !== outage.foundBy) {
			outage.isShared = true;
		}
		if (outage.isShared) {
			return takeProbe(state, outage, nowMs);
		}
	}
	const atMs = Math.max(
		pausedUntilMs,
		pacer === undefined ? 0 : takeTurnMs(pacer, nowMs),
		fixedPacer === undefined ? 0 : takeTurnMs(fixedPacer, nowMs),
	);
	return { kind: 'start', atMs, isProbe: false };
}

function takeProbe(
	{ pausedUntilMs, fixedPacer }: OriginState,
	outage: Outage,
	nowMs: number,
): Turn {
	const probeMs = startProbe(outage, Math.max(pausedUntilMs, fixedPacer?.nextMs ?? 0), nowMs);
	if (nowMs < probeMs) {
		return { kind: 'wait', untilMs: probeMs };
	}
	return {
		kind: 'start',
		atMs: fixedPacer === undefined ? nowMs : takeTurnMs(fixedPacer, nowMs),
		isProbe: true,
	};
}

/** Whether this target waits for the origin with all others, instead of using up a retry. */
export function awaitsRecovery({ outage, givenUp }: OriginState, target: number): boolean {
	return outage === undefined
		? givenUp !== undefined
		: outage.isShared || target !== outage.foundBy;
}

/** Why requests wait right now, apart from how many are in flight. Times as given. */
export function throttleReason(
	{ outage, pausedUntilMs, pacer, fixedPacer }: OriginState,
	{ giveUpAfterMs }: OriginPolicy,
	nowMs: number,
): ThrottleReason | undefined {
	if (outage?.isShared === true) {
		return { kind: 'unreachable', code: outage.code, untilMs: outage.sinceMs + giveUpAfterMs };
	}
	if (pausedUntilMs > nowMs) {
		return { kind: 'retry_after', untilMs: pausedUntilMs };
	}
	if (pacer !== undefined) {
		return { kind: 'pacing' };
	}
	return fixedPacer && { kind: 'rate_limit' };
}

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
		state.givenUp ??= { code: 'origin_down', message: `gave up on ${name}: ${how} (${code})` };
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
			return giveUp(`no connection for ${(lastedMs / 1000).toFixed(1)} s`);
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
