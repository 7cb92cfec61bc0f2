import {
	OriginUnavailable,
	type Permit,
	type RequestResult,
} from '../../../download/origin/limiter.ts';
import {
	awaitsRecovery,
	isLimiting,
	type OriginPolicy,
	type OriginState,
	type Turn,
} from '../../../download/origin/origin-state.ts';
import type { SentRequest } from '../../../download/origin/record-result.ts';
import {
	addAnswers,
	LEASE_MS,
	leavePlace,
	recordShared,
	renewPlaces,
	type SharedOriginState,
	takeSharedTurn,
} from '../../../download/origin/shared-origin-state.ts';
import { readSharedOrigin } from '../../../schema/origin-state.ts';
import { deferred, unlessAborted } from '../../../util/promises.ts';
import { type CompareAndSet, type SharedClock, SharedRecord } from '../redis/shared-state.ts';

/** How often a request that waits asks again, whatever it was told. */
const NAP_MAX_MS = 250;

export interface SharedOriginParts {
	readonly name: string;
	readonly policy: OriginPolicy;
	readonly maxInFlight: number;
	readonly clock: SharedClock;
	readonly owner: string;
	readonly key: string;
	readonly compareAndSet: CompareAndSet;
	/** Called when requests of this origin begin to wait. */
	readonly onLimiting: () => void;
}

/**
 * The state of one origin as one of many processes sees it: the pure `OriginState`, on a record that Redis keeps.
 *
 * While nothing limits the origin Redis is not asked; a refusal holds here at once, and everywhere a tenth of a second
 * later.
 */
export class SharedOrigin {
	readonly #parts: SharedOriginParts;
	/** What Redis has, and what is noted here. */
	readonly shared: SharedRecord<SharedOriginState>;
	readonly #sleeping = new Set<() => void>();
	#inUse = 0;
	#waiting = 0;
	#line: Promise<void> = Promise.resolve();
	#counted = { answers: 0, epoch: 0, sinceMs: Number.POSITIVE_INFINITY };

	constructor(parts: SharedOriginParts) {
		this.#parts = parts;
		const { key, compareAndSet, clock } = parts;
		this.shared = new SharedRecord({
			...{ key, compareAndSet, clock },
			parse: (raw) => readSharedOrigin(raw, parts.policy, clock.nowMs()),
			onChange: (before) => this.#onChange(before.state),
		});
	}

	get isLimiting(): boolean {
		return this.#hasPlaces || isLimiting(this.#state);
	}

	/** Whether it matters here what the others find out. */
	get needsNews(): boolean {
		return !this.shared.isKnown || this.#inUse > 0 || this.#waiting > 0;
	}

	tryAcquire(): Permit | undefined {
		const { epoch } = this.#state;
		return this.isLimiting ? undefined : this.#permit({ epoch, isProbe: false });
	}

	awaitsRecovery(target: number): boolean {
		return awaitsRecovery(this.#state, target);
	}

	async acquire(target: number, signal: AbortSignal): Promise<Permit> {
		this.#waiting += 1;
		const before = this.#line;
		let leave = () => {};
		if (this.#hasPlaces) {
			// One at a time looks for a place; the others of this process stand behind it.
			this.#line = new Promise((resolve) => {
				leave = () => void before.then(resolve);
			});
			await unlessAborted(signal, before).catch(() => {});
		}
		try {
			for (;;) {
				const sent = await this.#takeTurn(target, signal);
				if (sent !== undefined) {
					return this.#permit(sent);
				}
			}
		} finally {
			this.#waiting -= 1;
			leave();
		}
	}

	/** Counts answers; the first of their requests was sent at `sinceMs`. */
	count(answers: number, sinceMs: number): void {
		const counted = this.#counted;
		if (counted.answers === 0) {
			counted.epoch = this.#state.epoch;
		}
		counted.answers += answers;
		counted.sinceMs = Math.min(counted.sinceMs, sinceMs);
	}

	record(result: RequestResult, sent: SentRequest): void {
		const { state } = this.shared.value;
		if (result.kind === 'answered' && !sent.isProbe && state.outage === undefined) {
			this.count(1, this.#parts.clock.nowMs());
			return;
		}
		const saysNothing = result.kind === 'unused' || (result.kind === 'broken' && state.wasReached);
		if (!saysNothing || sent.isProbe) {
			this.#noteAnswers();
			this.#note((shared, nowMs) => recordShared(shared, result, sent, this.#parts, nowMs));
		}
	}

	/** Adds up what has been counted. */
	async flush(): Promise<void> {
		this.#noteAnswers();
		const { owner, clock } = this.#parts;
		const mine = this.shared.value.inFlight[owner];
		if (mine !== undefined && mine.untilMs - clock.nowMs() < LEASE_MS / 2) {
			this.#note((shared, nowMs) => renewPlaces(shared, owner, nowMs));
		}
		await this.shared.settled();
	}

	get #state(): OriginState {
		return this.shared.value.state;
	}

	get #hasPlaces(): boolean {
		return this.#parts.maxInFlight !== Number.POSITIVE_INFINITY;
	}

	/** @returns Undefined if something has changed while it waited. */
	async #takeTurn(target: number, signal: AbortSignal): Promise<SentRequest | undefined> {
		signal.throwIfAborted();
		const { clock } = this.#parts;
		const { pausedUntilMs, givenUp: isGivenUp } = this.#state;
		// A turn taken during the pause would be one of those after it, at a pace that is still being measured.
		if (clock.nowMs() < pausedUntilMs && isGivenUp === undefined) {
			await this.#sleepUntil(pausedUntilMs, signal);
			return undefined;
		}
		const asked = this.shared.change((shared, nowMs) =>
			takeSharedTurn(shared, target, this.#parts, nowMs),
		);
		const { turn, epoch } = await unlessAborted(signal, asked).catch((error: unknown) => {
			void asked.then((late) => this.#giveBack(late)).catch(() => {});
			signal.throwIfAborted();
			throw error;
		});
		if (turn.kind === 'given_up') {
			throw new OriginUnavailable(turn);
		}
		if (turn.kind === 'wait') {
			await this.#sleepUntil(turn.untilMs, signal);
			return undefined;
		}
		const isValid = () =>
			epoch === this.#state.epoch && this.#state.givenUp === undefined && !signal.aborted;
		while (clock.nowMs() < turn.atMs && isValid()) {
			await this.#sleepUntil(turn.atMs, signal);
		}
		if (isValid()) {
			return { epoch, isProbe: turn.isProbe };
		}
		this.#giveBack({ turn, epoch });
		return undefined;
	}

	#giveBack({ turn, epoch }: { readonly turn: Turn; readonly epoch: number }): void {
		if (turn.kind === 'start') {
			this.#permit({ epoch, isProbe: turn.isProbe }).release({ kind: 'unused' });
		}
	}

	#permit(sent: SentRequest): Permit {
		this.#inUse += 1;
		this.#counted.sinceMs = Math.min(this.#counted.sinceMs, this.#parts.clock.nowMs());
		return {
			isStale: () => sent.epoch !== this.#state.epoch,
			release: (result) => {
				this.#inUse -= 1;
				if (this.#hasPlaces) {
					this.#note((shared) => leavePlace(shared, this.#parts.owner));
				}
				this.record(result, sent);
			},
		};
	}

	#noteAnswers(): void {
		const { answers, epoch, sinceMs } = this.#counted;
		if (answers > 0) {
			this.#counted = { answers: 0, epoch, sinceMs: Number.POSITIVE_INFINITY };
			this.#note((shared) => addAnswers(shared, answers, epoch, sinceMs));
		}
	}

	/** Changes the copy here at once, and what Redis has as soon as possible. */
	#note(change: (shared: SharedOriginState, nowMs: number) => void): void {
		const before = { ...this.#state };
		this.shared.change(change).catch(() => {});
		this.#onChange(before);
	}

	#onChange(before: OriginState): void {
		if (this.#state.epoch !== before.epoch) {
			this.#noteAnswers();
		}
		for (const wake of [...this.#sleeping]) {
			wake();
		}
		if (!isLimiting(before) && isLimiting(this.#state)) {
			this.#parts.onLimiting();
		}
	}

	/** Ends early when something has changed, or the signal is aborted. */
	async #sleepUntil(untilMs: number, signal: AbortSignal): Promise<void> {
		const woken = deferred<void>();
		const wake = () => woken.resolve();
		const leftMs = Math.max(1, Math.ceil(untilMs - this.#parts.clock.nowMs()));
		const timer = setTimeout(wake, Math.min(leftMs, NAP_MAX_MS));
		this.#sleeping.add(wake);
		await unlessAborted(signal, woken.promise).catch(() => {});
		clearTimeout(timer);
		this.#sleeping.delete(wake);
	}
}
