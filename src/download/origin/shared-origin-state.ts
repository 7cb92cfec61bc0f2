import type { RequestResult } from './limiter.ts';
import {
	createOriginState,
	type OriginPolicy,
	type OriginState,
	type Turn,
	takeTurn,
} from './origin-state.ts';
import { createPacer } from './pacer.ts';
import { record, recordAnswers, type SentRequest } from './record-result.ts';

/** A place in flight, or a probe, of a process that was killed is free again after this. */
export const LEASE_MS = 15_000;
/** Between two looks for a free place; drawn anew each time, so that all processes have a chance. */
const LOOK_MIN_MS = 5;
const LOOK_MAX_MS = 30;

/**
 * What several processes know of one origin together: its state, and what one process alone does not need. Plain data
 * and pure functions; times are of the clock that they share.
 */
export interface SharedOriginState {
	readonly state: OriginState;
	/** Requests in flight by process, and until when they count: of `--max-per-host`. */
	readonly inFlight: Record<string, { count: number; untilMs: number }>;
	/** When a probe that tells nothing is given up. */
	probeUntilMs: number;
	/** Answers that the measured pace rests on. */
	measured: number;
}

export function createSharedOriginState(policy: OriginPolicy): SharedOriginState {
	return { state: createOriginState(policy), inFlight: {}, probeUntilMs: 0, measured: 0 };
}

/** The next turn of a request, and the epoch in which it is valid; a place is taken with it. */
export function takeSharedTurn(
	shared: SharedOriginState,
	target: number,
	{ owner, maxInFlight }: { readonly owner: string; readonly maxInFlight: number },
	nowMs: number,
): { readonly turn: Turn; readonly epoch: number } {
	const { state, inFlight } = shared;
	const { epoch } = state;
	if (state.outage?.isProbing === true && nowMs > shared.probeUntilMs) {
		state.outage.isProbing = false;
	}
	for (const [name, { untilMs }] of Object.entries(inFlight)) {
		if (untilMs < nowMs) {
			delete inFlight[name];
		}
	}
	const taken = Object.values(inFlight).reduce((sum, { count }) => sum + count, 0);
	if (taken >= maxInFlight) {
		const lookMs = LOOK_MIN_MS + Math.random() * (LOOK_MAX_MS - LOOK_MIN_MS);
		return { turn: { kind: 'wait', untilMs: nowMs + lookMs }, epoch };
	}
	const turn = takeTurn(state, target, nowMs);
	if (turn.kind === 'start') {
		if (maxInFlight !== Number.POSITIVE_INFINITY) {
			const count = (inFlight[owner]?.count ?? 0) + 1;
			inFlight[owner] = { count, untilMs: nowMs + LEASE_MS };
		}
		shared.probeUntilMs = turn.isProbe ? nowMs + LEASE_MS : shared.probeUntilMs;
	}
	return { turn, epoch };
}

export function leavePlace({ inFlight }: SharedOriginState, owner: string): void {
	const mine = inFlight[owner];
	if (mine !== undefined) {
		mine.count = Math.max(0, mine.count - 1);
	}
}

export function renewPlaces({ inFlight }: SharedOriginState, owner: string, nowMs: number): void {
	const mine = inFlight[owner];
	if (mine !== undefined) {
		mine.untilMs = nowMs + LEASE_MS;
	}
}

/** Takes what a request has shown. @param name - Of the origin, for messages. */
export function recordShared(
	shared: SharedOriginState,
	result: RequestResult,
	sent: SentRequest,
	{ name, policy }: { readonly name: string; readonly policy: OriginPolicy },
	nowMs: number,
): void {
	const { state } = shared;
	const { epoch, answers } = state;
	record(state, result, sent, name, policy, nowMs);
	if (state.epoch !== epoch) {
		shared.measured = answers;
	}
}

/**
 * Adds up answers of one process. Those of before a refusal that come after it count for the pace that was measured
 * then, as long as no request has been paced by it.
 *
 * @param epoch - In which they were counted.
 */
export function addAnswers(
	shared: SharedOriginState,
	answers: number,
	epoch: number,
	sinceMs: number,
): void {
	const { state } = shared;
	const { pacer } = state;
	if (epoch < state.epoch && pacer !== undefined && pacer.nextMs === pacer.startMs) {
		const growth = (shared.measured + answers) / Math.max(1, shared.measured);
		state.pacer = createPacer(pacer.perSecond * growth, pacer.startMs, pacer.growth);
		shared.measured += answers;
		return;
	}
	recordAnswers(state, answers, sinceMs);
	state.outage = undefined;
}
