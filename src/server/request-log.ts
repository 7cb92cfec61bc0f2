import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** What the server remembers of a request. Plain data; completed as the request goes on. */
export interface LogEntry {
	/** Arrival, in milliseconds since the Unix epoch. */
	readonly time: number;
	/** From 1, in the order of connections. */
	readonly connection: number;
	/** From 1, on its connection. */
	readonly requestOnConnection: number;
	/** Value of `x-flagdl-run`; empty where there was none. */
	readonly run: string;
	readonly method: string;
	readonly path: string;
	/** For this run and path; absent where attempts are not counted. */
	attempt?: number;
	/** Of a chain of redirects, from 1; absent for the first request of an attempt. */
	hop?: number;
	/** The rule that claimed the attempt; absent where none did. */
	rule?: string;
	/** How the service behind `--upstream` failed: no fault of ours. */
	serviceFailure?: string;
	status?: number;
	plannedMs: number;
	/** From arrival to the headers of the answer. */
	servedMs?: number;
	/** Of the body, handed to the connection. */
	bytes: number;
	outcome: LogOutcome;
	/** Requests in flight when it arrived, itself included. */
	readonly inFlight: number;
}

/**
 * `open`: not over yet; `answered`: with a whole answer, if perhaps not the true one; `broken`: the
 * connection, by a rule; `refused`: by a limit; `aborted`: the client left before the end.
 */
export type LogOutcome = 'open' | 'answered' | 'broken' | 'refused' | 'aborted';

export interface LogSummary {
	/** All that were logged since the start or the last reset. */
	readonly requests: number;
	readonly inFlight: number;
	readonly maxInFlight: number;
	readonly connections: number;
	readonly maxConnections: number;
	/** Of the server's thread, since the start or the last reset. */
	readonly eventLoop: {
		/** From 0 (idle) to 1. */
		readonly utilization: number;
		readonly activeMs: number;
		readonly idleMs: number;
	};
}

/** `503 by hiccup`: what the server did to a request. */
export function fateOf({ rule, status, outcome }: LogEntry): string {
	const what = outcome === 'answered' && status !== undefined ? String(status) : outcome;
	return rule === undefined ? what : `${what} by ${rule}`;
}

const KEPT = 10_000;

/** The last 10,000 requests, and counts of all. */
export class RequestLog {
	inFlight = 0;
	connections = 0;
	#maxInFlight = 0;
	#maxConnections = 0;
	#requests = 0;
	#ring: LogEntry[] = [];
	#since: EventLoopUtilization = performance.eventLoopUtilization();

	add(entry: LogEntry): void {
		this.#ring[this.#requests % KEPT] = entry;
		this.#requests += 1;
	}

	enter(): void {
		this.inFlight += 1;
		this.#maxInFlight = Math.max(this.#maxInFlight, this.inFlight);
	}

	connected(): void {
		this.connections += 1;
		this.#maxConnections = Math.max(this.#maxConnections, this.connections);
	}

	/** Oldest first. */
	entries(): LogEntry[] {
		const start = this.#requests > KEPT ? this.#requests % KEPT : 0;
		return [...this.#ring.slice(start), ...this.#ring.slice(0, start)];
	}

	/** How many are no longer kept. */
	get gone(): number {
		return this.#requests - this.#ring.length;
	}

	summary(): LogSummary {
		const { utilization, active, idle } = performance.eventLoopUtilization(this.#since);
		return {
			requests: this.#requests,
			inFlight: this.inFlight,
			maxInFlight: this.#maxInFlight,
			connections: this.connections,
			maxConnections: this.#maxConnections,
			eventLoop: { utilization, activeMs: active, idleMs: idle },
		};
	}

	reset(): void {
		this.#ring = [];
		this.#requests = 0;
		this.#maxInFlight = this.inFlight;
		this.#maxConnections = this.connections;
		this.#since = performance.eventLoopUtilization();
	}
}
