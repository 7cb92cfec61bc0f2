import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** Log entry of a request. Plain data, filled in as the request proceeds. */
export interface LogEntry {
	/** Arrival, in milliseconds since the Unix epoch. */
	readonly time: number;
	/** Number of the connection, from 1. */
	readonly connection: number;
	/** Number of the request on its connection, from 1. */
	readonly requestOnConnection: number;
	/** Value of `x-flagdl-run`; empty if there was none. */
	readonly run: string;
	readonly method: string;
	readonly path: string;
	/** Number of the attempt for this run and path; absent if attempts are not counted. */
	attempt?: number;
	/** Number of the redirect that led here, from 1; absent for the first request of an attempt. */
	hop?: number;
	/** Rule that claimed the attempt; absent if none did. */
	rule?: string;
	/** How the service behind `--upstream` failed on its own. */
	serviceFailure?: string;
	status?: number;
	plannedMs: number;
	/** From arrival to the response headers. */
	servedMs?: number;
	/** Bytes of the body written to the connection. */
	bytes: number;
	outcome: LogOutcome;
	/** Requests in flight when it arrived, itself included. */
	readonly inFlight: number;
}

/**
 * `open`: in progress; `answered`: with a complete response, true or faulty; `broken`: a rule broke
 * the connection; `refused`: by a limit; `aborted`: the client disconnected early.
 */
export type LogOutcome = 'open' | 'answered' | 'broken' | 'refused' | 'aborted';

export interface LogSummary {
	/** Requests logged since the start or the last reset. */
	readonly requests: number;
	readonly inFlight: number;
	readonly maxInFlight: number;
	readonly connections: number;
	readonly maxConnections: number;
	/** Event loop of the server's thread, since the start or the last reset. */
	readonly eventLoop: {
		/** From 0 (idle) to 1. */
		readonly utilization: number;
		readonly activeMs: number;
		readonly idleMs: number;
	};
}

/** What the server did to a request: `503 by hiccup`. */
export function describeEntry({ rule, status, outcome }: LogEntry): string {
	const what = outcome === 'answered' && status !== undefined ? String(status) : outcome;
	return rule === undefined ? what : `${what} by ${rule}`;
}

const MAX_ENTRIES = 10_000;

/** Keeps the last 10,000 requests, and counts all. */
export class RequestLog {
	inFlight = 0;
	connections = 0;
	#maxInFlight = 0;
	#maxConnections = 0;
	#requests = 0;
	#ring: LogEntry[] = [];
	#since: EventLoopUtilization = performance.eventLoopUtilization();

	add(entry: LogEntry): void {
		this.#ring[this.#requests % MAX_ENTRIES] = entry;
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
		const start = this.#requests > MAX_ENTRIES ? this.#requests % MAX_ENTRIES : 0;
		return [...this.#ring.slice(start), ...this.#ring.slice(0, start)];
	}

	/** Number of entries dropped. */
	get dropped(): number {
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
