import type { Claim, Decision } from '../../scenarios/decide.ts';
import type { RetryAfter, Scenario } from '../../scenarios/scenario.ts';
import { statusAnswer } from '../faults/fault-response.ts';
import { type Arrival, reply } from '../response.ts';
import { callAt } from '../timer.ts';

export interface ScenarioRequestsOptions {
	readonly scenario: Scenario;
	/** Whether answers name the rule that made them false. */
	readonly revealFaults: boolean;
}

/** What requests under a scenario have in common, whatever answers them truly. */
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

	/** Answers what is beyond the limits; it is no attempt. */
	protected refuses(arrival: Arrival): boolean {
		const { maxInFlight = Number.POSITIVE_INFINITY, rate } = this.options.scenario.limits;
		if (arrival.entry.inFlight > maxInFlight) {
			reply(arrival, statusAnswer(503, inSeconds(1)), undefined, 'refused');
			return true;
		}
		if (this.#window?.letIn(arrival.arrivedMs) !== false) {
			return false;
		}
		const seconds = rate?.retryAfterSeconds;
		const refusal = statusAnswer(429, seconds === undefined ? undefined : inSeconds(seconds));
		reply(arrival, refusal, undefined, 'refused');
		return true;
	}

	/** Notes in the log what was decided. */
	protected note({ entry }: Arrival, attempt: number, { latencyMs, claim }: Decision): void {
		entry.attempt = attempt;
		entry.plannedMs = latencyMs;
		if (claim !== undefined) {
			entry.rule = claim.rule;
		}
	}

	/** Calls back when the latency is over, unless the client has left. */
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

	/** The rule to give away. */
	protected revealed(claim: Claim | undefined): string | undefined {
		return this.options.revealFaults ? claim?.rule : undefined;
	}
}

function inSeconds(seconds: number): RetryAfter {
	return { seconds, form: 'seconds' };
}

/** Lets in at most so many within any window of that length, however they are spread. */
export class SlidingWindow {
	readonly #windowMs: number;
	/** When the last ones were let in; a ring whose next place holds the oldest. */
	readonly #letInMs: Float64Array;
	#next = 0;

	constructor(requests: number, windowMs: number) {
		this.#windowMs = windowMs;
		this.#letInMs = new Float64Array(requests).fill(Number.NEGATIVE_INFINITY);
	}

	/** @param nowMs - On a clock that does not go back. Those refused do not count. */
	letIn(nowMs: number): boolean {
		const oldestMs = this.#letInMs[this.#next] ?? Number.NEGATIVE_INFINITY;
		if (nowMs - oldestMs < this.#windowMs) {
			return false;
		}

		this.#letInMs[this.#next] = nowMs;
		this.#next = (this.#next + 1) % this.#letInMs.length;
		return true;
	}

	reset(): void {
		this.#letInMs.fill(Number.NEGATIVE_INFINITY);
	}
}

/** Runs whose counts are kept; those not heard of for longest go first. */
const RUNS_MAX = 64;

/** Counts attempts for each run and path, from 1. */
export class AttemptCounter {
	readonly #maxPaths: number;
	readonly #runs = new Map<string, Run>();
	#last: { readonly name: string; readonly run: Run } | undefined;

	/** @param maxPaths - Of a run, where there is no end of paths; those asked for first go first. */
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
	 * Whether this attempt is to meet a keep-alive race: once, and then it is given back, as the client
	 * repeats it for free and it keeps its number.
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
		this.#last = undefined;
	}

	#run(name: string): Run {
		if (this.#last?.name === name) {
			return this.#last.run;
		}

		const run = this.#runs.get(name) ?? { attempts: new Map(), raced: new Map() };
		// Put at the end again: a Map keeps its order, and the first is the one to go.
		this.#runs.delete(name);
		this.#runs.set(name, run);
		if (this.#runs.size > RUNS_MAX) {
			const [oldest = ''] = this.#runs.keys();
			this.#runs.delete(oldest);
		}
		this.#last = { name, run };
		return run;
	}
}

interface Run {
	/** By path: how many so far. */
	readonly attempts: Map<string, number>;
	/** By path: the last attempt that was raced. */
	readonly raced: Map<string, number>;
}
