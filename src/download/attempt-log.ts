import type { ParsedUrl } from '../targets/url.ts';
import type { Mutable } from '../util/members.ts';
import type { Exchange } from './http/exchange.ts';
import { type Attempt, nowMs } from './outcome.ts';

/** Counts the requests of one download, and logs its attempts if a reporter needs them. */
export class AttemptLog {
	requests = 0;
	retries = 0;
	httpStatus: number | undefined;
	readonly attempts: Mutable<Attempt>[] | undefined;
	/** End of the last attempt; the next one reports the time waited since. */
	#endMs: number | undefined;
	#started = 0;

	constructor(detail: boolean) {
		this.attempts = detail ? [] : undefined;
	}

	/** Starts an attempt, once it has its slot. */
	begin(): AttemptTimer {
		this.#started += 1;
		return new AttemptTimer(this, this.#started, this.#endMs);
	}

	/** @param timesSent - Zero if there was no connection, and so no request. */
	recordEnd(timesSent: number, status: number | undefined): void {
		this.#endMs = nowMs();
		this.requests += timesSent;
		if (status !== undefined) {
			this.httpStatus = status;
		}
	}
}

/** One attempt, from its slot to the written file. */
export class AttemptTimer {
	readonly startMs: number = nowMs();
	status: number | undefined;
	servedMs: number | undefined;
	readonly #log: AttemptLog;
	readonly #number: number;
	readonly #waitedFromMs: number | undefined;
	#attempt: Mutable<Attempt> | undefined;

	constructor(log: AttemptLog, number: number, waitedFromMs: number | undefined) {
		this.#log = log;
		this.#number = number;
		this.#waitedFromMs = waitedFromMs;
	}

	/** Whether a reporter needs the attempts. */
	get isDetailed(): boolean {
		return this.#log.attempts !== undefined;
	}

	/** Call it when the slot is released. */
	end({ href }: ParsedUrl, exchange: Exchange): void {
		this.#log.recordEnd(exchange.timesSent, this.status);
		if (this.#log.attempts === undefined) {
			return;
		}
		const { startMs, status, servedMs } = this;
		const { connection, reused, headersMs, bodyMs, bytes } = exchange;
		const waitedFromMs = this.#waitedFromMs;
		this.#attempt = {
			number: this.#number,
			url: href,
			waitedMs: waitedFromMs === undefined ? 0 : startMs - waitedFromMs,
			startMs,
			...(connection && { connectedMs: Math.max(startMs, connection.connectedMs), reused }),
			...(headersMs !== undefined && { headersMs }),
			...(bodyMs !== undefined && { bodyMs }),
			...(status !== undefined && { status }),
			...(servedMs !== undefined && { servedMs }),
			endMs: nowMs(),
			bytes,
		};
		this.#log.attempts.push(this.#attempt);
	}

	/** Call it when the file has its final name. */
	written(): void {
		if (this.#attempt === undefined) {
			return;
		}
		this.#attempt.endMs = nowMs();
		this.#attempt.writtenMs = this.#attempt.endMs;
	}

	failed(code: string): void {
		if (this.#attempt !== undefined) {
			this.#attempt.code = code;
		}
	}
}
