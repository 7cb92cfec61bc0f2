import { setTimeout as sleep } from 'node:timers/promises';
import {
	OriginUnavailable,
	type Permit,
	RETRY_AFTER_MAX_MS,
	type RequestResult,
} from '../../../download/origin/limiter.ts';
import { AnswerCount } from './answer-count.ts';
import type { Places } from './places.ts';
import type { Refusal } from './refusals.ts';
import type { Surroundings } from './surroundings.ts';
import type { Turns } from './turns.ts';

/** The same as in one process: a machine that cannot reach an origin stops asking it. */
const UNREACHABLE_MAX = 20;
/** Who waits looks up this often whether the origin has been closed meanwhile. */
const LONGEST_NAP_MS = 250;

/**
 * The gate of one origin, as one of many processes sees it.
 *
 * While nothing holds the origin back, nobody is asked. A refusal holds here at once and is told to
 * the others; from then on every turn is taken in Redis.
 */
export class SharedOrigin {
	readonly #name: string;
	readonly #around: Surroundings;
	readonly #places: Places | undefined;
	readonly #fixedTurns: Turns | undefined;
	readonly #answers: AnswerCount;
	/** Refusals known; a request that started before one says nothing new by being refused. */
	#epoch = 0;
	#turns: (() => Promise<Turns>) | undefined;
	/** In milliseconds of `performance.now()`. */
	#pausedUntilMs = 0;
	#unreachableInARow = 0;
	#closed: OriginUnavailable | undefined;

	constructor(name: string, around: Surroundings) {
		this.#name = name;
		this.#around = around;
		this.#places = around.openPlaces(name);
		this.#fixedTurns = around.openFixedTurns(name);
		this.#answers = new AnswerCount(name, around, () => around.toFlush.add(this));
	}

	get isLimiting(): boolean {
		const limited = this.#places !== undefined || this.#fixedTurns !== undefined;
		return limited || this.#epoch > 0 || this.#closed !== undefined;
	}

	tryAcquire(): Permit | undefined {
		return this.isLimiting ? undefined : this.#permit(() => {});
	}

	async acquire(signal: AbortSignal): Promise<Permit> {
		this.#check(signal);
		const leave = (await this.#places?.take(signal)) ?? (() => {});
		try {
			await this.#turn(signal);
			return this.#permit(leave);
		} catch (error) {
			leave();
			throw error;
		}
	}

	async #turn(signal: AbortSignal): Promise<void> {
		for (;;) {
			const epoch = this.#epoch;
			// A turn taken during the pause would be one of those after it.
			await this.#nap(() => this.#pausedUntilMs, epoch, signal);
			const measuredMs = await (await this.#turns?.())?.next();
			const fixedMs = await this.#fixedTurns?.next();
			const turnMs = Math.max(measuredMs ?? 0, fixedMs ?? 0);
			await this.#nap(() => turnMs, epoch, signal);
			if (epoch === this.#epoch && performance.now() >= this.#pausedUntilMs) {
				return;
			}
		}
	}

	/** @throws Why nobody waits any more. */
	async #nap(untilMs: () => number, epoch: number, signal: AbortSignal): Promise<void> {
		this.#check(signal);
		// A timer may fire a fraction of a millisecond early; the server's window would not.
		while (performance.now() < untilMs() && epoch === this.#epoch) {
			const leftMs = Math.ceil(untilMs() - performance.now());
			await sleep(Math.min(Math.max(1, leftMs), LONGEST_NAP_MS), undefined, { signal });
			this.#check(signal);
		}
	}

	#check(signal: AbortSignal): void {
		signal.throwIfAborted();
		if (this.#closed !== undefined) {
			throw this.#closed;
		}
	}

	#permit(onLeave: () => void): Permit {
		const epoch = this.#epoch;
		this.#answers.asked();
		return {
			isStale: () => epoch !== this.#epoch,
			release: (result) => {
				onLeave();
				this.record(result, epoch);
			},
		};
	}

	recordAnswers(count: number, sinceMs: number): void {
		this.#answers.add(count, sinceMs);
		this.#unreachableInARow = 0;
	}

	record(result: RequestResult, epoch: number): void {
		switch (result.kind) {
			case 'answered':
				this.recordAnswers(1, performance.now());
				return;
			case 'refused':
				this.#unreachableInARow = 0;
				this.#refused(result, epoch);
				return;
			case 'unreachable':
				this.#unreachableInARow += 1;
				if (this.#unreachableInARow === UNREACHABLE_MAX) {
					const message = `stopped asking ${this.#name}: ${UNREACHABLE_MAX} failures to reach it in a row (${result.code})`;
					this.#close(new OriginUnavailable({ code: 'origin_down', message }));
				}
				return;
			case 'broken':
			case 'unused':
				return;
		}
	}

	#refused(
		{ status, retryAfterMs }: Extract<RequestResult, { kind: 'refused' }>,
		epoch: number,
	): void {
		const { clock, refusals, say } = this.#around;
		const origin = this.#name;
		if (retryAfterMs > RETRY_AFTER_MAX_MS) {
			const message = `${origin} asks to come back in ${Math.ceil(retryAfterMs / 1000)} s`;
			this.onClosed(message);
			say({ type: 'closed', origin, message });
			void ignored(refusals.close(origin, message));
			return;
		}
		const atMs = clock.nowMs();
		const probing = status === 503 ? 'exponential' : 'cubic';
		const untilMs = atMs + retryAfterMs;
		const found = { origin, epoch: epoch + 1, atMs, untilMs, retryAfterMs, probing } as const;
		say({ type: 'refused', refusal: found, untilMs });
		void ignored(refusals.prolong(origin, untilMs));
		this.onRefusal(found, untilMs);
	}

	/** This process has been refused, or another one. */
	onRefusal(refusal: Refusal, untilMs: number): void {
		const { refusals, clock, openTurns, onLimiting } = this.#around;
		// What was in flight when the pause began is part of the same refusal, and only prolongs it.
		this.#pausedUntilMs = Math.max(
			this.#pausedUntilMs,
			clock.toLocal(untilMs) - performance.timeOrigin,
		);
		if (refusal.epoch <= this.#epoch) {
			return;
		}
		this.#epoch = refusal.epoch;
		// Before the pause is over, so that the answers of all have been counted when it is.
		const written = this.#answers
			.begin(refusal.epoch, this.#pausedUntilMs)
			.then(async () => await refusals.write(refusal));
		let turns: Promise<Turns> | undefined;
		this.#turns = async () => {
			turns ??= written
				.then(async (first) => await refusals.paceAfter(first))
				.then((pace) => openTurns(`${refusal.epoch} ${this.#name}`, pace));
			return await turns;
		};
		void ignored(written);
		onLimiting();
	}

	onClosed(message: string): void {
		if (this.#closed === undefined) {
			this.#close(new OriginUnavailable({ code: 'rate_limited', message }));
		}
	}

	#close(reason: OriginUnavailable): void {
		this.#closed = reason;
		this.#around.onLimiting();
	}

	/** Writes down what has been counted. */
	async flush(): Promise<void> {
		await this.#answers.flush();
	}

	close(): void {
		this.#places?.close();
	}
}

/** What fails because Redis is gone ends the whole process elsewhere. */
async function ignored(work: Promise<unknown>): Promise<void> {
	await work.catch(() => {});
}
