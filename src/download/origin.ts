import { setTimeout as sleep } from 'node:timers/promises';
import { GateClosed, type Hold, type Permit, RETRY_AFTER_MAX_MS, type Report } from './gate.ts';
import type { DownloadOptions } from './options.ts';
import { bearableRate, openPace, type Pace } from './pace.ts';

/** After so many failures to reach an origin in a row, nobody is asked there any more. */
const UNREACHABLE_MAX = 20;

/** Who waits looks up this often whether the origin has been closed meanwhile. */
const LONGEST_NAP_MS = 250;

export type Limits = Pick<DownloadOptions, 'rate' | 'maxPerHost'>;

type Refusal = Extract<Report, { kind: 'refused' }>;

/** The gate of one origin. */
export class Origin {
	readonly #name: string;
	readonly #maxInFlight: number;
	readonly #fixedPace: Pace | undefined;
	#pace: Pace | undefined;
	#pausedUntilMs = 0;
	/** Counts the pauses: a request that started before one says nothing new by being refused. */
	#epoch = 0;
	#inFlight = 0;
	readonly #waiting: (() => void)[] = [];
	#answers = 0;
	#measuredSinceMs: number | undefined;
	#unreachableInARow = 0;
	#closed: GateClosed | undefined;

	constructor(name: string, { rate, maxPerHost }: Limits) {
		this.#name = name;
		this.#maxInFlight = maxPerHost ?? Number.POSITIVE_INFINITY;
		if (rate !== undefined) {
			this.#fixedPace = openPace((rate.requests * 1000) / rate.windowMs, 0, 'never');
		}
	}

	get isHolding(): boolean {
		return (
			this.#fixedPace !== undefined ||
			this.#pace !== undefined ||
			this.#closed !== undefined ||
			this.#maxInFlight !== Number.POSITIVE_INFINITY
		);
	}

	/** What makes requests wait right now. */
	get hold(): Hold | undefined {
		if (this.#pausedUntilMs > performance.now()) {
			return { kind: 'paused', untilMs: performance.timeOrigin + this.#pausedUntilMs };
		}
		if (this.#inFlight >= this.#maxInFlight) {
			return { kind: 'crowded' };
		}
		if (this.#pace !== undefined) {
			return { kind: 'paced' };
		}
		return this.#fixedPace && { kind: 'rated' };
	}

	tryEnter(): Permit | undefined {
		return this.isHolding ? undefined : this.#permit();
	}

	async enter(signal: AbortSignal): Promise<Permit> {
		await this.#place(signal);
		try {
			await this.#turn(signal);
		} catch (error) {
			this.#freePlace();
			throw error;
		}
		return this.#permit(() => this.#freePlace());
	}

	/** Waits until fewer than the allowed number are in flight, first come, first served. */
	async #place(signal: AbortSignal): Promise<void> {
		this.#check(signal);
		if (this.#inFlight >= this.#maxInFlight) {
			await new Promise<void>((resolve) => {
				const wake = () => {
					signal.removeEventListener('abort', wake);
					const place = this.#waiting.indexOf(wake);
					if (place >= 0) {
						this.#waiting.splice(place, 1);
					}
					resolve();
				};
				signal.addEventListener('abort', wake, { once: true });
				this.#waiting.push(wake);
			});
			this.#check(signal);
		}
		this.#inFlight += 1;
	}

	#freePlace(): void {
		this.#inFlight -= 1;
		this.#waiting[0]?.();
	}

	async #turn(signal: AbortSignal): Promise<void> {
		for (;;) {
			this.#check(signal);
			const epoch = this.#epoch;
			const nowMs = performance.now();
			const turnMs = Math.max(
				this.#pausedUntilMs,
				this.#pace?.nextTurnMs(nowMs) ?? 0,
				this.#fixedPace?.nextTurnMs(nowMs) ?? 0,
			);
			// A timer may fire a fraction of a millisecond early; the server's window would not.
			while (performance.now() < turnMs && epoch === this.#epoch && this.#closed === undefined) {
				const leftMs = Math.ceil(turnMs - performance.now());
				await sleep(Math.min(Math.max(1, leftMs), LONGEST_NAP_MS), undefined, { signal });
			}
			if (epoch === this.#epoch) {
				break;
			}
		}
		this.#check(signal);
	}

	#check(signal: AbortSignal): void {
		signal.throwIfAborted();
		if (this.#closed !== undefined) {
			throw this.#closed;
		}
	}

	#permit(onLeave?: () => void): Permit {
		const epoch = this.#epoch;
		this.#measuredSinceMs ??= performance.now();
		return {
			isStale: () => epoch !== this.#epoch,
			leave: (report) => {
				onLeave?.();
				this.learn(report, epoch);
			},
		};
	}

	answered(count: number, sinceMs: number): void {
		this.#answers += count;
		this.#unreachableInARow = 0;
		this.#measuredSinceMs ??= sinceMs;
	}

	learn(report: Report, epoch: number): void {
		switch (report.kind) {
			case 'answered':
				this.answered(1, performance.now());
				return;
			case 'refused':
				this.#unreachableInARow = 0;
				this.#refused(report, epoch);
				return;
			case 'unreachable':
				this.#unreachableInARow += 1;
				if (this.#unreachableInARow === UNREACHABLE_MAX) {
					this.#closed = new GateClosed(
						'origin_down',
						`stopped asking ${this.#name}: ${UNREACHABLE_MAX} failures to reach it in a row (${report.code})`,
					);
				}
				return;
			case 'broken':
			case 'unused':
				return;
		}
	}

	#refused({ status, retryAfterMs }: Refusal, epoch: number): void {
		if (retryAfterMs > RETRY_AFTER_MAX_MS) {
			this.#closed = new GateClosed(
				'rate_limited',
				`${this.#name} asks to come back in ${Math.ceil(retryAfterMs / 1000)} s`,
			);
			return;
		}
		const nowMs = performance.now();
		const untilMs = nowMs + retryAfterMs;
		// What was in flight when the pause began is part of the same refusal, and only prolongs it.
		if (epoch !== this.#epoch && this.#pace !== undefined) {
			this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs);
			return;
		}
		const sinceMs = this.#measuredSinceMs ?? nowMs;
		const perSecond = bearableRate(this.#answers, nowMs - sinceMs, retryAfterMs);
		const probing = status === 503 ? 'boldly' : 'carefully';
		this.#epoch += 1;
		this.#pausedUntilMs = untilMs;
		this.#pace = openPace(perSecond, untilMs, probing);
		this.#answers = 0;
		this.#measuredSinceMs = untilMs;
	}
}
