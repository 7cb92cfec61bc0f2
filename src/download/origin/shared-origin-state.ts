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

export type Change<R> = (shared: SharedOriginState, nowMs: number) => R;

/** Where the state of an origin is kept: in this process, or where others change it, too. */
export interface OriginStore {
	/** With all changes, also those that the other processes do not have yet. */
	readonly value: SharedOriginState;
	/** @returns What the change returned, once it holds for all. */
	change<R>(change: Change<R>): R | Promise<R>;
}

export function createSharedOriginState(policy: OriginPolicy): SharedOriginState {
	return { state: createOriginState(policy), inFlight: {}, probeUntilMs: 0, measured: 0 };
}

/** What is the same for all requests of an origin. */
export interface OriginParts {
	/** Of the origin, for messages. */
	readonly name: string;
	readonly policy: OriginPolicy;
	/** Different in each process. */
	readonly owner: string;
	/** Requests at once; infinite if nothing limits them. */
	readonly maxInFlight: number;
	/** A place in flight, or a probe, of a process that was killed is free again after this. */
	readonly leaseMs: number;
}

/** The next turn of a request, and the epoch in which it is valid; a place is taken with it. */
export function takeSharedTurn(
	shared: SharedOriginState,
	target: number,
	{ owner, maxInFlight, leaseMs }: OriginParts,
	nowMs: number,
): { readonly turn: Turn; readonly epoch: number } {
	const { state, inFlight } = shared;
	const { epoch, pausedUntilMs, givenUp } = state;
	// A turn taken during the pause would be one of those after it, at a pace that is still being measured.
	if (nowMs < pausedUntilMs && givenUp === undefined) {
		return { turn: { kind: 'wait', untilMs: pausedUntilMs }, epoch };
	}
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
			inFlight[owner] = { count, untilMs: nowMs + leaseMs };
		}
		shared.probeUntilMs = turn.isProbe ? nowMs + leaseMs : shared.probeUntilMs;
	}
	return { turn, epoch };
}

export function leavePlace({ inFlight }: SharedOriginState, owner: string): void {
	const mine = inFlight[owner];
	if (mine !== undefined) {
		mine.count = Math.max(0, mine.count - 1);
	}
}

export function renewPlaces({ inFlight }: SharedOriginState, owner: string, untilMs: number): void {
	const mine = inFlight[owner];
	if (mine !== undefined) {
		mine.untilMs = untilMs;
	}
}

/** Takes what a request has shown. */
export function recordShared(
	shared: SharedOriginState,
	result: RequestResult,
	sent: SentRequest,
	{ name, policy }: OriginParts,
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
}
