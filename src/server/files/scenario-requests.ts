import type { Decision } from '../../scenarios/decide.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import type { Connections } from '../connections.ts';
import { type Arrival, type Dress, reply } from '../response.ts';
import { callAt } from '../timer.ts';
import { AttemptCounter } from './attempt-counter.ts';
import { RequestLimiter } from './request-limits.ts';

export interface ScenarioRequestsOptions {
	readonly scenario: Scenario;
	readonly connections: Connections;
	/** Whether answers name the rule that made them false. */
	readonly revealFaults: boolean;
}

/** What requests under a scenario have in common, whatever answers them truly. */
export class ScenarioRequests<Options extends ScenarioRequestsOptions> {
	protected readonly options: Options;
	protected readonly attempts: AttemptCounter;
	readonly #limiter: RequestLimiter;

	constructor(options: Options, maxPaths?: number) {
		this.options = options;
		this.attempts = new AttemptCounter(maxPaths);
		this.#limiter = new RequestLimiter(options.scenario.limits);
	}

	reset(): void {
		this.attempts.reset();
		this.#limiter.reset();
	}

	/** Answers what is beyond the limits. */
	protected refuses(arrival: Arrival): boolean {
		const refusal = this.#limiter.refuse(arrival.arrivedMs, arrival.entry.inFlight);
		if (refusal !== undefined) {
			reply(arrival, refusal, this.dress(arrival), 'refused');
		}
		return refusal !== undefined;
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

	protected dress({ connection, response }: Arrival, fault?: string): Dress {
		const { revealFaults, connections } = this.options;
		return {
			lastOnConnection: connections.isLast(connection, response),
			...(revealFaults && fault !== undefined && { fault }),
		};
	}
}
