import { type Deferred, deferred, unlessAborted } from '../../util/promises.ts';
import {
	OriginUnavailable,
	type Permit,
	type RequestResult,
	type ThrottleReason,
} from './limiter.ts';
import {
	awaitsRecovery,
	isLimiting,
	type OriginState,
	type Turn,
	throttleReason,
} from './origin-state.ts';
import type { SentRequest } from './record-result.ts';
import {
	addAnswers,
	type Change,
	type OriginParts,
	type OriginStore,
	recordShared,
	releaseInFlight,
	renewLease,
	takeSharedTurn,
} from './shared-origin-state.ts';

/** A waiting request rechecks at least this often: the process that would wake it may have died. */
const RECHECK_INTERVAL_MS = 1_000;

export interface OriginQueueParts extends OriginParts {
	/** The clock shared by all processes that share the state. */
	readonly clock: { readonly nowMs: () => number };
	/** @param onChange - The store calls it after another process has changed the state. */
	readonly openStore: (onChange: (before: OriginState) => void) => OriginStore;
	/** Called when the origin starts or stops limiting requests, apart from the concurrency limit. */
	readonly onLimiting: (isLimiting: boolean) => void;
}

/** Queues the requests to one origin. While nothing limits it, permits do not involve the store. */
export class OriginQueue {
	readonly #parts: OriginQueueParts;
	readonly #store: OriginStore;
	readonly #hasConcurrencyLimit: boolean;
	readonly #sleepers = new Set<Deferred<void>>();
	#inFlight = 0;
	#waiting = 0;
	/** Tail of the FIFO of requests that wait under a concurrency limit. */
	#tail: Promise<void> = Promise.resolve();
	/** Responses not yet added to the store, and when the first of their requests was sent. */
	#unflushed = { answers: 0, epoch: 0, sinceMs: Number.POSITIVE_INFINITY };

	constructor(parts: OriginQueueParts) {
		this.#parts = parts;
		this.#hasConcurrencyLimit = parts.maxInFlight !== Number.POSITIVE_INFINITY;
		this.#store = parts.openStore((before) => this.#onChange(before));
	}

	get epoch(): number {
		return this.#state.epoch;
	}

	get isLimiting(): boolean {
		return this.#hasConcurrencyLimit || isLimiting(this.#state);
	}

	/** Whether any request is in flight or waiting. */
	get isUsed(): boolean {
		return this.#inFlight > 0 || this.#waiting > 0;
	}

	get throttleReason(): ThrottleReason | undefined {
		const { policy, clock, maxInFlight } = this.#parts;
		const reason = throttleReason(this.#state, policy, clock.nowMs());
		const isPaused = reason?.kind === 'retry_after' || reason?.kind === 'unreachable';
		return !isPaused && this.#inFlight >= maxInFlight ? { kind: 'max_per_host' } : reason;
	}

	tryAcquire(): Permit | undefined {
		return this.isLimiting ? undefined : this.#permit(this.epoch, false);
	}

	async acquire(target: number, signal: AbortSignal): Promise<Permit> {
		this.#waiting += 1;
		const before = this.#tail;
		const done = deferred<void>();
		if (this.#hasConcurrencyLimit) {
			// One request at a time polls for capacity; the others queue behind it.
			this.#tail = before.then(() => done.promise);
			await unlessAborted(signal, before).catch(() => {});
		}
		try {
			let permit: Permit | undefined;
			while (permit === undefined) {
				permit = await this.#takeTurn(target, signal);
			}
			return permit;
		} finally {
			this.#waiting -= 1;
			done.resolve();
		}
	}

	awaitsRecovery(target: number): boolean {
		return awaitsRecovery(this.#state, target);
	}

	/** Counts responses; the first of their requests was sent at `sinceMs`. */
	recordAnswers(answers: number, sinceMs: number): void {
		const unflushed = this.#unflushed;
		if (unflushed.answers === 0) {
			unflushed.epoch = this.epoch;
		}
		unflushed.answers += answers;
		unflushed.sinceMs = Math.min(unflushed.sinceMs, sinceMs);
	}

	record(result: RequestResult, sent: SentRequest): void {
		const { outage, wasReached } = this.#state;
		if (result.kind === 'answered' && !sent.isProbe && outage === undefined) {
			this.recordAnswers(1, this.#parts.clock.nowMs());
			return;
		}
		const isInconclusive = result.kind === 'unused' || (result.kind === 'broken' && wasReached);
		if (!isInconclusive || sent.isProbe) {
			this.flush();
			this.#change((shared, nowMs) => recordShared(shared, result, sent, this.#parts, nowMs));
		}
	}

	/** Called when a request that held a permit has ended. */
	end(result: RequestResult, sent: SentRequest): void {
		this.#inFlight -= 1;
		if (this.#hasConcurrencyLimit) {
			this.#change((shared) => releaseInFlight(shared, this.#parts.owner));
		}
		this.record(result, sent);
	}

	/** Adds the counted responses to the store and renews this process's lease. */
	flush(): void {
		const { owner, clock, leaseMs } = this.#parts;
		const { answers, epoch, sinceMs } = this.#unflushed;
		if (answers > 0) {
			this.#unflushed = { answers: 0, epoch, sinceMs: Number.POSITIVE_INFINITY };
			this.#change((shared) => addAnswers(shared, answers, epoch, sinceMs));
		}
		const lease = this.#store.value.inFlight[owner];
		if (lease !== undefined && lease.untilMs - clock.nowMs() < leaseMs / 2) {
			this.#change((shared, nowMs) => renewLease(shared, owner, nowMs + leaseMs));
		}
	}

	get #state(): OriginState {
		return this.#store.value.state;
	}

	/** @returns Undefined if the request had to wait and must take another turn. */
	async #takeTurn(target: number, signal: AbortSignal): Promise<Permit | undefined> {
		signal.throwIfAborted();
		const { clock } = this.#parts;
		const taking = this.#store.change((shared, nowMs) =>
			takeSharedTurn(shared, target, this.#parts, nowMs),
		);
		const pendingTurn = Promise.resolve(taking);
		const { turn, epoch } = await unlessAborted(signal, pendingTurn).catch((error: unknown) => {
			pendingTurn.then((late) => this.#releaseUnused(late.turn, late.epoch)).catch(() => {});
			throw signal.aborted ? signal.reason : error;
		});
		if (turn.kind === 'given_up') {
			throw new OriginUnavailable(turn);
		}
		if (turn.kind === 'wait') {
			await this.#sleepUntil(turn.untilMs, signal);
			return undefined;
		}
		const isValid = () => epoch === this.epoch && !this.#state.givenUp && !signal.aborted;
		// A timer may fire a fraction of a millisecond early, before the server's window opens.
		while (clock.nowMs() < turn.atMs && isValid()) {
			await this.#sleepUntil(turn.atMs, signal);
		}
		if (isValid()) {
			return this.#permit(epoch, turn.isProbe);
		}
		this.#releaseUnused(turn, epoch);
		return undefined;
	}

	#releaseUnused(turn: Turn, epoch: number): void {
		if (turn.kind === 'start') {
			this.#permit(epoch, turn.isProbe).release({ kind: 'unused' });
		}
	}

	#permit(epoch: number, isProbe: boolean): Permit {
		this.#inFlight += 1;
		this.#unflushed.sinceMs = Math.min(this.#unflushed.sinceMs, this.#parts.clock.nowMs());
		return new OriginPermit(this, epoch, isProbe);
	}

	#change(change: Change<void>): void {
		const before = { ...this.#state };
		this.#store.change(change)?.catch(() => {});
		this.#onChange(before);
	}

	#onChange(before: OriginState): void {
		if (before.epoch !== this.epoch) {
			this.flush();
		}
		for (const woken of this.#sleepers) {
			woken.resolve();
		}
		if (isLimiting(before) !== isLimiting(this.#state)) {
			this.#parts.onLimiting(!isLimiting(before));
		}
	}

	/** Returns early when the state changes or the signal is aborted. */
	async #sleepUntil(untilMs: number, signal: AbortSignal): Promise<void> {
		const woken = deferred<void>();
		const leftMs = Math.max(1, Math.ceil(untilMs - this.#parts.clock.nowMs()));
		const timer = setTimeout(woken.resolve, Math.min(leftMs, RECHECK_INTERVAL_MS));
		this.#sleepers.add(woken);
		await unlessAborted(signal, woken.promise).catch(() => {});
		clearTimeout(timer);
		this.#sleepers.delete(woken);
	}
}

/** A class rather than an object with closures, as there is one per request. */
class OriginPermit implements Permit, SentRequest {
	readonly epoch: number;
	readonly isProbe: boolean;
	readonly #queue: OriginQueue;

	constructor(queue: OriginQueue, epoch: number, isProbe: boolean) {
		this.epoch = epoch;
		this.isProbe = isProbe;
		this.#queue = queue;
	}

	isStale(): boolean {
		return this.epoch !== this.#queue.epoch;
	}

	release(result: RequestResult): void {
		this.#queue.end(result, this);
	}
}
