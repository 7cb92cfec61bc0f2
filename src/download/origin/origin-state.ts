import type { ThrottleReason } from './limiter.ts';
import { type Outage, startProbe } from './outage.ts';
import { createPacer, type Pacer, takeTurnMs } from './pacer.ts';

/** Settings for all origins of a run. */
export interface OriginPolicy {
	/** `--rate`, in requests per second. */
	readonly perSecond?: number | undefined;
	/** `--retry`: attempts after the first. */
	readonly retries: number;
	/** How long an origin may be unreachable before it is given up. */
	readonly giveUpAfterMs: number;
	/** Whether the failure to connect with this code may be temporary. */
	readonly isTransient: (code: string) => boolean;
}

/**
 * State of one origin. Plain data without I/O: `takeTurn` decides when a request may start, `record`
 * applies its result. Times are milliseconds on the caller's clock.
 */
export interface OriginState {
	/** Counts pauses and outages. Turns and permits of an earlier epoch are stale; a refusal of one can only prolong the pause. */
	epoch: number;
	pausedUntilMs: number;
	readonly fixedPacer: Pacer | undefined;
	pacer: Pacer | undefined;
	answers: number;
	measuredSinceMs: number | undefined;
	/** 429s in a row that came soon after a pause although some requests were answered. */
	earlyRefusals: number;
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
	/** Valid if the epoch has not changed by then; otherwise the request takes another turn. */
	| { readonly kind: 'start'; readonly atMs: number; readonly isProbe: boolean }
	/** Until this time, or until another request changes the state. */
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
		earlyRefusals: 0,
		wasReached: false,
		outage: undefined,
		finalFailures: 0,
		givenUp: undefined,
	};
}

/** Whether requests must call `takeTurn` before they start. */
export function isLimiting(state: OriginState): boolean {
	return (
		state.outage !== undefined ||
		state.pacer !== undefined ||
		state.fixedPacer !== undefined ||
		state.givenUp !== undefined
	);
}

/** Takes the next turn for a request of this target. */
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

/** Whether this target waits for the origin to recover instead of using up a retry. */
export function awaitsRecovery({ outage, givenUp }: OriginState, target: number): boolean {
	return outage === undefined
		? givenUp !== undefined
		: outage.isShared || target !== outage.foundBy;
}

/** Why requests currently wait, apart from the limit on requests in flight. */
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
