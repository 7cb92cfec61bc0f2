import type { DownloadError } from './download-error.ts';
import type { Exchange } from './exchange.ts';

const BREAKS = new Set(['ECONNRESET', 'EPIPE', 'connection_closed']);

/** Whether a connection that had been idle was closed while the request was on its way. */
export function isIdleConnectionClosed(exchange: Exchange, { code }: DownloadError): boolean {
	return exchange.diedUnanswered && BREAKS.has(code);
}

/** Wraps the failure of a request that the server may never have seen. */
export class IdleConnectionClosed extends Error {
	readonly failure: DownloadError;

	constructor(failure: DownloadError) {
		super(failure.message);
		this.failure = failure;
	}
}

export function unwrapped(error: unknown): unknown {
	return error instanceof IdleConnectionClosed ? error.failure : error;
}
