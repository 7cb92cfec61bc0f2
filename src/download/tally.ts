import type { Exchange } from './exchange.ts';
import { type Attempt, nowMs } from './outcome.ts';

/** What one download adds up to while it runs: requests always, attempts only where asked for. */
export class Tally {
	requests = 0;
	retries = 0;
	httpStatus: number | undefined;
	readonly attempts: Attempt[] | undefined;
	/** Time waited since the last attempt ended, for the next one to show. */
	#endMs: number | undefined;

	constructor(detail: boolean) {
		this.attempts = detail ? [] : undefined;
	}

	/** An attempt has its slot. */
	begin(): Started {
		this.requests += 1;
		return { number: this.requests, startMs: nowMs(), waitedFromMs: this.#endMs };
	}

	end(started: Started, url: URL, exchange: Exchange, ending: Ending): void {
		const endMs = nowMs();
		this.#endMs = endMs;
		if (ending.status !== undefined) this.httpStatus = ending.status;
		if (this.attempts === undefined) return;
		const { number, startMs, waitedFromMs } = started;
		const { connection, reused, headersMs, bodyMs, bytes } = exchange;
		this.attempts.push({
			number,
			url: url.href,
			waitedMs: waitedFromMs === undefined ? 0 : startMs - waitedFromMs,
			startMs,
			...(connection && { connectedMs: Math.max(startMs, connection.connectedMs), reused }),
			...(headersMs !== undefined && { headersMs }),
			...(bodyMs !== undefined && { bodyMs }),
			...ending,
			endMs,
			bytes,
		});
	}
}

interface Started {
	readonly number: number;
	readonly startMs: number;
	readonly waitedFromMs: number | undefined;
}

/** How an attempt ended; absent members do not apply. */
export interface Ending {
	readonly status?: number;
	readonly writtenMs?: number;
	readonly servedMs?: number;
	readonly code?: string;
}
