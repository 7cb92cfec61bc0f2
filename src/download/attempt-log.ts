import type { ParsedUrl } from '../targets/url.ts';
import type { Mutable } from '../util/members.ts';
import type { Exchange } from './http/exchange.ts';
import { type Attempt, nowMs } from './outcome.ts';

/** What one download adds up to while it runs: requests always, attempts only if a reporter asks for them. */
export class AttemptLog {
	requests = 0;
	retries = 0;
	httpStatus: number | undefined;
	readonly attempts: Mutable<Attempt>[] | undefined;
	/** Time waited since the last attempt ended, for the next one to show. */
	#endMs: number | undefined;
	#begun = 0;

	constructor(detail: boolean) {
		this.attempts = detail ? [] : undefined;
	}

	/** An attempt has its slot. */
	begin(): AttemptTimer {
		this.#begun += 1;
		return new AttemptTimer(this, this.#begun, this.#endMs);
	}

	/** @param timesSent - Zero if no connection came about: the server knows of no request then. */
	ended(timesSent: number, status: number | undefined): void {
		this.#endMs = nowMs();
		this.requests += timesSent;
		if (status !== undefined) {
			this.httpStatus = status;
		}
	}
}

/** One attempt, from its slot to the file that came of it. */
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

	/** Whether a reporter asks for detail. */
	get isDetailed(): boolean {
		return this.#log.attempts !== undefined;
	}

	/** Its slot is free again. */
	end({ href }: ParsedUrl, exchange: Exchange): void {
		this.#log.ended(exchange.timesSent, this.status);
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

	/** What it was for is done: the file has its name. */
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
