import type { Claim, Decision } from '../../scenarios/decide.ts';
import type { RetryAfter, Scenario } from '../../scenarios/scenario.ts';
import { statusResponse } from '../faults/fault-response.ts';
import { type Arrival, reply } from '../response.ts';
import { callAt } from '../timer.ts';

export interface ScenarioRequestsOptions {
	readonly scenario: Scenario;
	/** Whether responses name the rule that made them faulty. */
	readonly revealFaults: boolean;
}

/** Limits, attempt counts and latency of a scenario, for files and upstream alike. */
export class ScenarioRequests<Options extends ScenarioRequestsOptions> {
	protected readonly options: Options;
	protected readonly attempts: AttemptCounter;
	readonly #window: SlidingWindow | undefined;

	constructor(options: Options, maxPaths?: number) {
		this.options = options;
		this.attempts = new AttemptCounter(maxPaths);
		const { rate } = options.scenario.limits;
		this.#window = rate && new SlidingWindow(rate.requests, rate.windowMs);
	}

	reset(): void {
		this.attempts.reset();
		this.#window?.reset();
	}

	/** Refuses a request that exceeds a limit; it does not count as an attempt. */
	protected refuseOverLimit(arrival: Arrival): boolean {
		const { maxInFlight = Number.POSITIVE_INFINITY, rate } = this.options.scenario.limits;
		if (arrival.entry.inFlight > maxInFlight) {
			reply(arrival, statusResponse(503, inSeconds(1)), undefined, 'refused');
			return true;
		}
		if (this.#window?.tryAcquire(arrival.arrivedMs) !== false) {
			return false;
		}
		const seconds = rate?.retryAfterSeconds;
		const refusal = statusResponse(429, seconds === undefined ? undefined : inSeconds(seconds));
		reply(arrival, refusal, undefined, 'refused');
		return true;
	}

	/** Records the decision in the log. */
	protected recordDecision(
		{ entry }: Arrival,
		attempt: number,
		{ latencyMs, claim }: Decision,
	): void {
		entry.attempt = attempt;
		entry.plannedMs = latencyMs;
		if (claim !== undefined) {
			entry.rule = claim.rule;
		}
	}

	/** Calls back after the latency, unless the client disconnects. */
	protected afterLatency(
		{ response, arrivedMs }: Arrival,
		{ latencyMs }: Decision,
		answer: () => void,
	): void {
		if (latencyMs === 0) {
			answer();
		} else {
			response.once('close', callAt(arrivedMs + latencyMs, answer));
		}
	}

	/** The rule to reveal, if any. */
	protected revealed(claim: Claim | undefined): string | undefined {
		return this.options.revealFaults ? claim?.rule : undefined;
	}
}

function inSeconds(seconds: number): RetryAfter {
	return { seconds, form: 'seconds' };
}

/** A sliding-window rate limiter: allows at most `requests` within any `windowMs`. */
export class SlidingWindow {
	readonly #windowMs: number;
	/** When the last requests were allowed: a ring buffer whose next slot holds the oldest. */
	readonly #acquiredMs: Float64Array;
	#next = 0;

	constructor(requests: number, windowMs: number) {
		this.#windowMs = windowMs;
		this.#acquiredMs = new Float64Array(requests).fill(Number.NEGATIVE_INFINITY);
	}

	/**
	 * Refused requests do not count.
	 *
	 * @param nowMs - From a monotonic clock.
	 */
	tryAcquire(nowMs: number): boolean {
		const oldestMs = this.#acquiredMs[this.#next] ?? Number.NEGATIVE_INFINITY;
		if (nowMs - oldestMs < this.#windowMs) {
			return false;
		}

		this.#acquiredMs[this.#next] = nowMs;
		this.#next = (this.#next + 1) % this.#acquiredMs.length;
		return true;
	}

	reset(): void {
		this.#acquiredMs.fill(Number.NEGATIVE_INFINITY);
	}
}

/** Number of runs whose counts are kept; the least recently used is dropped. */
const MAX_RUNS = 64;

/** Counts attempts for each run and path, from 1. */
export class AttemptCounter {
	readonly #maxPaths: number;
	readonly #runs = new Map<string, Run>();
	#lastRun: { readonly name: string; readonly run: Run } | undefined;

	/** @param maxPaths - Paths counted per run; the oldest is dropped. */
	constructor(maxPaths = Number.POSITIVE_INFINITY) {
		this.#maxPaths = maxPaths;
	}

	next(name: string, path: string): number {
		const { attempts } = this.#run(name);
		const attempt = (attempts.get(path) ?? 0) + 1;
		attempts.set(path, attempt);
		if (attempts.size > this.#maxPaths) {
			const [oldest = ''] = attempts.keys();
			attempts.delete(oldest);
		}
		return attempt;
	}

	/**
	 * Whether this attempt meets a keep-alive race, which it does once. The attempt is then uncounted:
	 * the client repeats the request without counting a retry, and it keeps its number.
	 */
	race(name: string, path: string, attempt: number): boolean {
		const { attempts, raced } = this.#run(name);
		if (raced.get(path) === attempt) {
			return false;
		}
		raced.set(path, attempt);
		attempts.set(path, (attempts.get(path) ?? 1) - 1);
		return true;
	}

	reset(): void {
		this.#runs.clear();
		this.#lastRun = undefined;
	}

	#run(name: string): Run {
		if (this.#lastRun?.name === name) {
			return this.#lastRun.run;
		}

		const run = this.#runs.get(name) ?? { attempts: new Map(), raced: new Map() };
		// Reinserted at the end: the first entry of the Map is the least recently used.
		this.#runs.delete(name);
		this.#runs.set(name, run);
		if (this.#runs.size > MAX_RUNS) {
			const [oldest = ''] = this.#runs.keys();
			this.#runs.delete(oldest);
		}
		this.#lastRun = { name, run };
		return run;
	}
}

interface Run {
	/** Number of attempts by path. */
	readonly attempts: Map<string, number>;
	/** Last raced attempt by path. */
	readonly raced: Map<string, number>;
}
