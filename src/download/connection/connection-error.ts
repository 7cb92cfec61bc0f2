import { formatBytes } from '../../util/units.ts';

/** Code of a connection that was reset after it had come about. */
export const RESET = 'reset';

/** What ends an exchange that takes longer than one attempt may (`maxTimeMs`). */
export class AttemptTimeoutError extends Error {
	constructor(maxTimeMs: number) {
		super(`not complete within ${maxTimeMs / 1000} s`);
	}
}

/** What ends an exchange that receives less than `--speed-limit`. */
export class TooSlowError extends Error {
	constructor(bytes: number, seconds: number, limitBytesPerSecond: number) {
		const found = formatBytes(Math.floor(bytes / seconds));
		const limit = formatBytes(limitBytesPerSecond);
		super(`too slow: ${found}/s during the last ${seconds} s, less than ${limit}/s`);
	}
}

/** A proxy of SOCKS did not connect. */
export class SocksError extends Error {
	/** Host and port of the proxy. */
	readonly proxy: string;
	/** In the table of failures. */
	readonly code: string;

	/** @param message - What is wrong; `it` is the proxy. */
	constructor(proxy: string, code: string, message: string) {
		super(message);
		this.proxy = proxy;
		this.code = code;
	}
}

/** A tunnel did not come about, and it was not the origin's fault. */
export class ProxyError extends Error {
	/** Host and port of the proxy. */
	readonly proxy: string;
	/** What the proxy answered; absent if it did not. */
	readonly status: number | undefined;

	constructor(proxy: string, status: number | undefined, options?: ErrorOptions) {
		super(status === undefined ? 'no tunnel' : `the proxy answered ${status}`, options);
		this.proxy = proxy;
		this.status = status;
	}
}
