import type { Target } from '../targets/target.ts';
import { oneLine } from '../util/text.ts';
import type { Failure, Outcome } from './outcome.ts';

/** Messages quote servers, which may send anything. */
const MAX_MESSAGE_LENGTH = 300;

export interface DownloadErrorOptions extends ErrorOptions {
	/** Stable: snake case, or a system error code; see `CLASSES`. */
	readonly code: string;
	/** Status code of the response that failed. */
	readonly httpStatus?: number;
	/** Value of `Retry-After`, in milliseconds. */
	readonly retryAfterMs?: number;
}

/**
 * The only error that the download stage throws on purpose. Anything else that escapes is a bug.
 * *Fluent Python*, 18.4: `FetchError`, raised `from` its cause.
 *
 * It carries its target, so no map from promises to targets is needed. It never crosses a thread:
 * structured clone turns every `Error` subclass into a bare `Error` and drops `code`, so `toFailure`
 * converts it to plain data.
 */
export class DownloadError extends Error {
	readonly target: Target;
	readonly code: string;
	readonly httpStatus: number | undefined;
	readonly retryAfterMs: number | undefined;

	static {
		// On the prototype, like built-in errors, not an own property of each instance.
		Object.defineProperty(DownloadError.prototype, 'name', { value: 'DownloadError' });
	}

	constructor(target: Target, message: string, options: DownloadErrorOptions) {
		super(oneLine(message, MAX_MESSAGE_LENGTH), options);
		this.target = target;
		this.code = options.code;
		this.httpStatus = options.httpStatus;
		this.retryAfterMs = options.retryAfterMs;
	}

	/**
	 * Recreates the error of an outcome.
	 *
	 * @returns Undefined if the target did not fail.
	 */
	static from({ target, failure, httpStatus }: Outcome): DownloadError | undefined {
		if (failure === undefined) {
			return undefined;
		}
		const { code, message, causes } = failure;
		const cause = causes.reduceRight<Error | undefined>(
			(inner, text) => new Error(text, inner && { cause: inner }),
			undefined,
		);
		return new DownloadError(target, message, {
			code,
			...(httpStatus !== undefined && { httpStatus }),
			...(cause !== undefined && { cause }),
		});
	}
}

/** A part cannot be resumed and was deleted. The whole file is requested next, which is not a retry. */
export class PartRefused extends DownloadError {
	constructor(target: Target, message: string) {
		super(target, message, { code: 'bad_range' });
	}
}

/**
 * Converts an error of the file system; an error without a code is a bug and returned as it is.
 *
 * @param operation - The failed operation: `write`, `look at`.
 */
export function fileError(target: Target, operation: string, path: string, error: unknown): Error {
	const { code, message } = error as NodeJS.ErrnoException;
	if (error instanceof DownloadError || code === undefined) {
		return error as Error;
	}
	// Reduces `ENOSPC: no space left on device, write` to its reason.
	const reason = message.replace(/^\w+: /, '').replace(/, \w+.*$/, '');
	return new DownloadError(target, `cannot ${operation} ${path}: ${reason}`, {
		code,
		cause: error,
	});
}

/** Another mirror had the content first. */
export class LostRace extends DownloadError {
	constructor(target: Target) {
		super(target, LOST.message, { code: 'beaten' });
	}
}

/** Abort reason of the requests to the other mirrors. */
export const LOST: Error = new Error('another mirror was first');

/** Flattens an error to code, message and chain of causes. */
export function toFailure(error: DownloadError): Failure {
	return { code: error.code, message: error.message, causes: [...causesOf(error)] };
}

function* causesOf(error: Error): Generator<string> {
	for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
		// Node leaves the message of an AggregateError empty; each address tried has its own error.
		if (cause instanceof AggregateError) {
			for (const inner of cause.errors) {
				if (inner instanceof Error) {
					yield messageOf(inner);
				}
			}
		}
		if (cause.message !== '') {
			yield messageOf(cause);
		}
	}
}

/** Strips the thread ID and the source line that OpenSSL adds to its messages. */
function messageOf({ message }: Error): string {
	return oneLine(
		message.replace(/^[0-9A-F]+:(error:[^:]*:[^:]*:[^:]*:[^:]*):.*\s*$/s, '$1'),
		MAX_MESSAGE_LENGTH,
	);
}

/** Whether to retry a failure, and why. */
interface FailureClass {
	readonly retry: boolean;
	readonly why: string;
}

const retry = (why: string): FailureClass => ({ retry: true, why });
const final = (why: string): FailureClass => ({ retry: false, why });

/**
 * Every failure by its code. This table alone decides which ones are retried.
 *
 * @public Read by `scripts/reference.mjs`.
 */
export const CLASSES: Readonly<Record<string, FailureClass>> = {
	// Status codes: RFC 9110, section 15; 425: RFC 8470; 520 to 524: what CDNs say of their origin.
	http_408: retry('the server gave up waiting for the request'),
	http_425: retry('too early; the same request may succeed later'),
	http_429: retry('too many requests; fewer may be served later'),
	http_500: retry('a server error, often of one server among many'),
	http_502: retry('a gateway could not reach its server'),
	http_503: retry('temporarily unavailable'),
	http_504: retry('a gateway waited too long'),
	http_520: retry('the CDN got an invalid response from its origin'),
	http_521: retry('the origin refused the CDN'),
	http_522: retry('the CDN could not connect to its origin'),
	http_523: retry('the CDN has no route to its origin'),
	http_524: retry('the origin took too long to answer the CDN'),
	// The connection.
	ECONNREFUSED: retry('the server may be restarting'),
	ECONNRESET: retry('the connection broke'),
	ECONNABORTED: retry('the connection broke'),
	EPIPE: retry('the connection broke while the request was written'),
	ETIMEDOUT: retry('the network did not answer'),
	EHOSTUNREACH: retry('routes can come back'),
	ENETUNREACH: retry('routes can come back'),
	ENETDOWN: retry('interfaces can come back'),
	EADDRNOTAVAIL: retry('local ports are temporarily used up'),
	EAI_AGAIN: retry('the resolver asks to try again later'),
	ENOTFOUND: final('there is no such host'),
	connect_timeout: retry('the server may be overloaded'),
	connection_closed: retry('the server closed before it answered'),
	stalled: retry('the server stopped sending'),
	too_slow: retry('the transfer was too slow; another connection may be faster'),
	max_time: retry('the attempt took too long; another may be faster'),
	proxy_failed: retry('the proxy could not reach the server'),
	proxy_refused: final('the proxy does not allow it'),
	proxy_auth_required: final('the proxy requires credentials, or different ones'),
	bad_http: retry('the response is not valid HTTP; another one may be'),
	ambiguous_framing: final('the header gives the length twice, and would again'),
	headers_overflow: final('the header is too large, and would be again'),
	// What arrived is not what was meant.
	truncated: retry('the content ended early'),
	length_mismatch: retry('the content is longer or shorter than announced'),
	empty_body: retry('the content is missing; another response may have it'),
	content_type: retry('the response is a login or error page instead'),
	content_encoding: retry('the encoded content was damaged in transit'),
	unknown_coding: final('the content is in a coding that cannot be decoded'),
	transfer_coding: final('the transfer coding cannot be decoded'),
	bad_image: retry('the content is not a valid image of the expected type'),
	digest_mismatch: retry('the content was changed in transit'),
	checksum_mismatch: retry('the content was changed in transit'),
	bad_range: retry('the response has another range; the next attempt requests the whole file'),
	bad_metadata: final('the metadata has no name to save under'),
	too_large: final('it exceeds --max-filesize'),
	// Redirects.
	redirect_loop: final('the redirect leads back to itself'),
	too_many_redirects: final('the chain of redirects is too long'),
	insecure_redirect: final(
		'the redirect leads from https to http, where content can be tampered with',
	),
	bad_redirect: final('its Location is not a URL that can be requested'),
	bad_url: final('it is not a URL that can be requested'),
	// Politeness.
	rate_limited: final('the server asks to wait longer than a run should'),
	origin_down: final('the origin stayed unreachable for as long as the retries would have waited'),
	// This side.
	file_exists: final('--if-exists fail, or another file appeared during the download'),
	not_a_file: final('a device, pipe, socket or link to nothing has that name'),
	destination_taken: final('another target of this run has that name'),
};

/** `EMFILE`, `ENFILE`: this process holds too many files and sockets. Pressure, not a failure. */
export function isOutOfDescriptors(code: string): boolean {
	return code === 'EMFILE' || code === 'ENFILE';
}

/** Failures to reach a server at all, which concern the origin and not the target. */
export function isUnreachable(code: string): boolean {
	return UNREACHABLE.has(code) || isTlsFailure(code);
}

const UNREACHABLE = new Set([
	'ECONNREFUSED',
	'EHOSTUNREACH',
	'ENETUNREACH',
	'ENETDOWN',
	'ENOTFOUND',
	'EAI_AGAIN',
	'connect_timeout',
	'proxy_failed',
	'proxy_refused',
	'proxy_auth_required',
]);

/** TLS failures, by OpenSSL's names and Node's own; a retry does not help. */
export function isTlsFailure(code: string): boolean {
	return /^(CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$)/.test(
		code,
	);
}

/**
 * @param code - Of a `DownloadError`.
 * @returns Whether a retry may help. Codes that are not in the table (file system, TLS, other
 *   statuses) are final.
 */
export function isRetryable(code: string): boolean {
	return CLASSES[code]?.retry ?? false;
}
