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
	leavePlace,
	type OriginParts,
	type OriginStore,
	recordShared,
	renewPlaces,
	takeSharedTurn,
} from './shared-origin-state.ts';

/** How often a request that waits asks again, whatever it was told: what it waits for may have died. */
const NAP_MAX_MS = 1_000;

export interface OriginQueueParts extends OriginParts {
	/** The clock that all who share the state agree on. */
	readonly clock: { readonly nowMs: () => number };
	/** @param onChange - To be called when another process has changed the state. */
	readonly openStore: (onChange: (before: OriginState) => void) => OriginStore;
	/** Called when requests begin to wait for more than a place, or wait no more. */
	readonly onLimiting: (isLimiting: boolean) => void;
}

/** The requests that wait for one origin. While nothing limits it, no store is asked. */
export class OriginQueue {
	readonly #parts: OriginQueueParts;
	readonly #store: OriginStore;
	readonly #hasPlaces: boolean;
	readonly #sleeping = new Set<Deferred<void>>();
	#inFlight = 0;
	#waiting = 0;
	/** Of those that wait for a place: first come, first served. */
	#line: Promise<void> = Promise.resolve();
	/** Answers that the store has not heard of, and when the first of their requests was sent. */
	#counted = { answers: 0, epoch: 0, sinceMs: Number.POSITIVE_INFINITY };

	constructor(parts: OriginQueueParts) {
		this.#parts = parts;
		this.#hasPlaces = parts.maxInFlight !== Number.POSITIVE_INFINITY;
		this.#store = parts.openStore((before) => this.#onChange(before));
	}

	get epoch(): number {
		return this.#state.epoch;
	}

	get isLimiting(): boolean {
		return this.#hasPlaces || isLimiting(this.#state);
	}

	/** Whether any request is in flight, or waits. */
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
		const before = this.#line;
		const taken = deferred<void>();
		if (this.#hasPlaces) {
			// One at a time looks for a place; the others stand behind it.
			this.#line = before.then(() => taken.promise);
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
			taken.resolve();
		}
	}

	awaitsRecovery(target: number): boolean {
		return awaitsRecovery(this.#state, target);
	}

	/** Counts answers; the first of their requests was sent at `sinceMs`. */
	recordAnswers(answers: number, sinceMs: number): void {
		const counted = this.#counted;
		if (counted.answers === 0) {
			counted.epoch = this.epoch;
		}
		counted.answers += answers;
		counted.sinceMs = Math.min(counted.sinceMs, sinceMs);
	}

	record(result: RequestResult, sent: SentRequest): void {
		const { outage, wasReached } = this.#state;
		if (result.kind === 'answered' && !sent.isProbe && outage === undefined) {
			this.recordAnswers(1, this.#parts.clock.nowMs());
			return;
		}
		const saysNothing = result.kind === 'unused' || (result.kind === 'broken' && wasReached);
		if (!saysNothing || sent.isProbe) {
			this.flush();
			this.#note((shared, nowMs) => recordShared(shared, result, sent, this.#parts, nowMs));
		}
	}

	/** A request of `acquire` has ended. */
	end(result: RequestResult, sent: SentRequest): void {
		this.#inFlight -= 1;
		if (this.#hasPlaces) {
			this.#note((shared) => leavePlace(shared, this.#parts.owner));
		}
		this.record(result, sent);
	}

	/** Adds up what has been counted, and keeps the places that are taken. */
	flush(): void {
		const { owner, clock, leaseMs } = this.#parts;
		const { answers, epoch, sinceMs } = this.#counted;
		if (answers > 0) {
			this.#counted = { answers: 0, epoch, sinceMs: Number.POSITIVE_INFINITY };
			this.#note((shared) => addAnswers(shared, answers, epoch, sinceMs));
		}
		const mine = this.#store.value.inFlight[owner];
		if (mine !== undefined && mine.untilMs - clock.nowMs() < leaseMs / 2) {
			this.#note((shared, nowMs) => renewPlaces(shared, owner, nowMs + leaseMs));
		}
	}

	get #state(): OriginState {
		return this.#store.value.state;
	}

	/** @returns Undefined if something has changed while it waited. */
	async #takeTurn(target: number, signal: AbortSignal): Promise<Permit | undefined> {
		signal.throwIfAborted();
		const { clock } = this.#parts;
		const taking = this.#store.change((shared, nowMs) =>
			takeSharedTurn(shared, target, this.#parts, nowMs),
		);
		const asked = Promise.resolve(taking);
		const { turn, epoch } = await unlessAborted(signal, asked).catch((error: unknown) => {
			asked.then((late) => this.#giveBack(late.turn, late.epoch)).catch(() => {});
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
		// A timer may fire a fraction of a millisecond early; the server's window would not.
		while (clock.nowMs() < turn.atMs && isValid()) {
			await this.#sleepUntil(turn.atMs, signal);
		}
		if (isValid()) {
			return this.#permit(epoch, turn.isProbe);
		}
		this.#giveBack(turn, epoch);
		return undefined;
	}

	#giveBack(turn: Turn, epoch: number): void {
		if (turn.kind === 'start') {
			this.#permit(epoch, turn.isProbe).release({ kind: 'unused' });
		}
	}

	#permit(epoch: number, isProbe: boolean): Permit {
		this.#inFlight += 1;
		this.#counted.sinceMs = Math.min(this.#counted.sinceMs, this.#parts.clock.nowMs());
		return new OriginPermit(this, epoch, isProbe);
	}

	#note(change: Change<void>): void {
		const before = { ...this.#state };
		this.#store.change(change)?.catch(() => {});
		this.#onChange(before);
	}

	#onChange(before: OriginState): void {
		if (before.epoch !== this.epoch) {
			this.flush();
		}
		for (const woken of this.#sleeping) {
			woken.resolve();
		}
		if (isLimiting(before) !== isLimiting(this.#state)) {
			this.#parts.onLimiting(!isLimiting(before));
		}
	}

	/** Ends early when something has changed, or the signal is aborted. */
	async #sleepUntil(untilMs: number, signal: AbortSignal): Promise<void> {
		const woken = deferred<void>();
		const leftMs = Math.max(1, Math.ceil(untilMs - this.#parts.clock.nowMs()));
		const timer = setTimeout(woken.resolve, Math.min(leftMs, NAP_MAX_MS));
		this.#sleeping.add(woken);
		await unlessAborted(signal, woken.promise).catch(() => {});
		clearTimeout(timer);
		this.#sleeping.delete(woken);
	}
}

/** A class, not an object with closures: there is one for each request. */
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
