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

/** Polling interval while the maximum is in flight; random, so that no process starves. */
const POLL_MIN_MS = 5;
const POLL_MAX_MS = 30;

/**
 * State of one origin that several processes share. Plain data without I/O; times are milliseconds on
 * a common clock.
 */
export interface SharedOriginState {
	readonly state: OriginState;
	/** For `--max-per-host`: requests in flight by process, and when its lease expires. */
	readonly inFlight: Record<string, { count: number; untilMs: number }>;
	/** When the lease of a probe without a result expires. */
	probeUntilMs: number;
	/** Number of responses from which the current pace was estimated. */
	measured: number;
}

export type Change<R> = (shared: SharedOriginState, nowMs: number) => R;

/** Keeps the state of an origin: in this process, or where other processes change it too. */
export interface OriginStore {
	/** Includes local changes that other processes do not see yet. */
	readonly value: SharedOriginState;
	/** @returns The result of the change, once all processes can see it. */
	change<R>(change: Change<R>): R | Promise<R>;
}

export function createSharedOriginState(policy: OriginPolicy): SharedOriginState {
	return { state: createOriginState(policy), inFlight: {}, probeUntilMs: 0, measured: 0 };
}

/** Settings common to all requests to an origin. */
export interface OriginParts {
	/** The origin, for messages. */
	readonly name: string;
	readonly policy: OriginPolicy;
	/** Unique per process. */
	readonly owner: string;
	/** Maximum number of requests in flight; infinite if unlimited. */
	readonly maxInFlight: number;
	/** Requests in flight and probes of a killed process expire after this. */
	readonly leaseMs: number;
}

/** Takes the next turn, together with the epoch in which it is valid; one that starts counts as in flight. */
export function takeSharedTurn(
	shared: SharedOriginState,
	target: number,
	{ owner, maxInFlight, leaseMs }: OriginParts,
	nowMs: number,
): { readonly turn: Turn; readonly epoch: number } {
	const { state, inFlight } = shared;
	const { epoch, pausedUntilMs, givenUp } = state;
	// A turn reserved now would start after the pause, at a pace that late responses may still correct.
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
	const total = Object.values(inFlight).reduce((sum, { count }) => sum + count, 0);
	if (total >= maxInFlight) {
		const pollMs = POLL_MIN_MS + Math.random() * (POLL_MAX_MS - POLL_MIN_MS);
		return { turn: { kind: 'wait', untilMs: nowMs + pollMs }, epoch };
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

export function releaseInFlight({ inFlight }: SharedOriginState, owner: string): void {
	const lease = inFlight[owner];
	if (lease !== undefined) {
		lease.count = Math.max(0, lease.count - 1);
	}
}

export function renewLease({ inFlight }: SharedOriginState, owner: string, untilMs: number): void {
	const lease = inFlight[owner];
	if (lease !== undefined) {
		lease.untilMs = untilMs;
	}
}

/** Applies the result of a request. */
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
 * Adds responses counted by one process. Responses from before a refusal that are added after it raise
 * the pace that was measured then, unless a request has already been paced by it.
 *
 * @param epoch - The epoch in which they were counted.
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
