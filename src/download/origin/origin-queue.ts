import {
	OriginUnavailable,
	type Permit,
	type RequestResult,
	type ThrottleReason,
} from './limiter.ts';
import {
	awaitsRecovery,
	createOriginState,
	isLimiting,
	type OriginPolicy,
	takeTurn,
	throttleReason,
} from './origin-state.ts';
import { record, recordAnswers, type SentRequest } from './record-result.ts';

/** The requests that wait for one origin: its state, a clock, and who is to be woken. */
export class OriginQueue {
	readonly #name: string;
	readonly #policy: OriginPolicy;
	readonly #state;
	readonly #maxInFlight: number;
	readonly #limiting: Set<OriginQueue>;
	#inFlight = 0;
	/** First come, first served. */
	readonly #waitingForPlace: (() => void)[] = [];
	readonly #waitingForTurn = new Set<() => void>();

	/** @param limiting - The queues that make their requests wait; this one joins and leaves it. */
	constructor(name: string, policy: OriginPolicy, maxInFlight: number, limiting: Set<OriginQueue>) {
		this.#name = name;
		this.#policy = policy;
		this.#state = createOriginState(policy);
		this.#maxInFlight = maxInFlight;
		this.#limiting = limiting;
	}

	/** Counts pauses and outages. */
	get epoch(): number {
		return this.#state.epoch;
	}

	get isLimiting(): boolean {
		return this.#maxInFlight !== Number.POSITIVE_INFINITY || isLimiting(this.#state);
	}

	get throttleReason(): ThrottleReason | undefined {
		const reason = throttleReason(this.#state, this.#policy, performance.now());
		const isPaused = reason?.kind === 'retry_after' || reason?.kind === 'unreachable';
		if (isPaused) {
			return { ...reason, untilMs: performance.timeOrigin + reason.untilMs };
		}
		return this.#inFlight >= this.#maxInFlight ? { kind: 'max_per_host' } : reason;
	}

	tryAcquire(): Permit | undefined {
		return this.isLimiting ? undefined : this.#permit(false, false);
	}

	async acquire(target: number, signal: AbortSignal): Promise<Permit> {
		await this.#takePlace(signal);
		try {
			const isProbe = await this.#takeTurn(target, signal);
			return this.#permit(isProbe, true);
		} catch (error) {
			this.freePlace();
			throw error;
		}
	}

	/** A request that had a place is no longer in flight. */
	freePlace(): void {
		this.#inFlight -= 1;
		this.#waitingForPlace[0]?.();
	}

	awaitsRecovery(target: number): boolean {
		return awaitsRecovery(this.#state, target);
	}

	recordAnswers(count: number, sinceMs: number): void {
		recordAnswers(this.#state, count, sinceMs);
	}

	record(result: RequestResult, sent: SentRequest): void {
		const hasChanged = record(
			this.#state,
			result,
			sent,
			this.#name,
			this.#policy,
			performance.now(),
		);
		if (hasChanged) {
			this.#limiting[isLimiting(this.#state) ? 'add' : 'delete'](this);
			for (const wake of [...this.#waitingForTurn]) {
				wake();
			}
		}
	}

	/** Waits until fewer requests than allowed are in flight. */
	async #takePlace(signal: AbortSignal): Promise<void> {
		signal.throwIfAborted();
		if (this.#inFlight >= this.#maxInFlight) {
			await new Promise<void>((resolve) => {
				const wake = () => {
					signal.removeEventListener('abort', wake);
					const place = this.#waitingForPlace.indexOf(wake);
					if (place >= 0) {
						this.#waitingForPlace.splice(place, 1);
					}
					resolve();
				};
				signal.addEventListener('abort', wake, { once: true });
				this.#waitingForPlace.push(wake);
			});
			signal.throwIfAborted();
		}
		this.#inFlight += 1;
	}

	/** @returns Whether the request is a probe. */
	async #takeTurn(target: number, signal: AbortSignal): Promise<boolean> {
		const state = this.#state;
		for (;;) {
			signal.throwIfAborted();
			const { epoch } = state;
			const turn = takeTurn(state, target, performance.now());
			if (turn.kind === 'given_up') {
				throw new OriginUnavailable(turn);
			}
			if (turn.kind === 'wait') {
				await this.#sleepUntil(turn.untilMs, signal);
				continue;
			}
			// A timer may fire a fraction of a millisecond early; the server's window would not.
			while (performance.now() < turn.atMs && epoch === state.epoch && !signal.aborted) {
				await this.#sleepUntil(turn.atMs, signal);
			}
			if (epoch === state.epoch && state.givenUp === undefined && !signal.aborted) {
				return turn.isProbe;
			}
			if (turn.isProbe) {
				this.record({ kind: 'unused' }, { epoch, isProbe: true });
			}
		}
	}

	/** Ends early when `record` has changed something, or the signal is aborted. */
	async #sleepUntil(untilMs: number, signal: AbortSignal): Promise<void> {
		await new Promise<void>((resolve) => {
			const wake = () => {
				clearTimeout(timer);
				signal.removeEventListener('abort', wake);
				this.#waitingForTurn.delete(wake);
				resolve();
			};
			const leftMs = Math.max(1, Math.ceil(untilMs - performance.now()));
			const timer = leftMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(wake, leftMs);
			signal.addEventListener('abort', wake, { once: true });
			this.#waitingForTurn.add(wake);
		});
	}

	#permit(isProbe: boolean, hasPlace: boolean): Permit {
		this.#state.measuredSinceMs ??= performance.now();
		return new LocalPermit(this, this.#state.epoch, isProbe, hasPlace);
	}
}

/** A class, not an object with closures: there is one for each request. */
class LocalPermit implements Permit, SentRequest {
	readonly epoch: number;
	readonly isProbe: boolean;
	readonly #queue: OriginQueue;
	/** Whether it is one of those that may be in flight. */
	readonly #hasPlace: boolean;

	constructor(queue: OriginQueue, epoch: number, isProbe: boolean, hasPlace: boolean) {
		this.epoch = epoch;
		this.isProbe = isProbe;
		this.#queue = queue;
		this.#hasPlace = hasPlace;
	}

	isStale(): boolean {
		return this.epoch !== this.#queue.epoch;
	}

	release(result: RequestResult): void {
		if (this.#hasPlace) {
			this.#queue.freePlace();
		}
		this.#queue.record(result, this);
	}
}
