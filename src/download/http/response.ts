import { STATUS_CODES } from 'node:http';
import type { Target } from '../../targets/target.ts';
import { DownloadError } from '../errors.ts';
import type { RequestResult } from '../origin/limiter.ts';
import type { Exchange, ResponseHead } from './exchange.ts';

/** The body of an unwanted response is read up to this size, so that its connection can be reused. */
const DRAIN_BYTES = 64 * 1024;
/** A new connection costs less than waiting longer. */
const DRAIN_MS = 250;

/** The response to a request; its content has not been read. */
export interface HttpResponse extends ResponseHead {
	/** URL of the request: after redirects, the last one. */
	readonly url: string;
	readonly exchange: Exchange;
}

/**
 * Reads the rest of an unwanted response, so that its connection can be reused. Gives up and closes the
 * connection if the rest is large or slow.
 */
export async function drain(exchange: Exchange): Promise<void> {
	if (exchange.isWhole) {
		exchange.take();
		return;
	}
	const timer = setTimeout(() => exchange.abort(NOT_WORTH_WAITING), DRAIN_MS);
	try {
		while ((await exchange.read()) !== undefined) {
			if (exchange.bytes > DRAIN_BYTES) {
				return;
			}
		}
	} catch {
		// The status is known, and that is enough.
	} finally {
		clearTimeout(timer);
	}
}

const NOT_WORTH_WAITING = new Error('the rest of the response does not come');

/** The failure for a response with an unwanted status. */
export function responseError(
	target: Target,
	{ status, fields, exchange }: HttpResponse,
): DownloadError {
	const retryAfterMs = retryAfter({ status, fields });
	const text = `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
	const { proxy } = exchange;
	const message = proxy === undefined ? text : `${text} (through the proxy ${proxy})`;
	return new DownloadError(target, message, {
		code: status === 407 && proxy !== undefined ? 'proxy_auth_required' : `http_${status}`,
		httpStatus: status,
		...(retryAfterMs !== undefined && { retryAfterMs }),
	});
}

/** @returns The limiter's result for 429 or 503 with `Retry-After`; undefined for any other response. */
export function throttleSignal(head: ResponseHead): RequestResult | undefined {
	const retryAfterMs = retryAfter(head);
	if (retryAfterMs === undefined) {
		return undefined;
	}
	return { kind: 'refused', status: head.status === 429 ? 429 : 503, retryAfterMs };
}

function retryAfter({ status, fields }: ResponseHead): number | undefined {
	if (status !== 429 && status !== 503) {
		return undefined;
	}
	const field = fields.get('retry-after');
	return field === undefined ? undefined : parseRetryAfter(field, Date.now());
}

/** Milliseconds that the server reports to have spent: `Server-Timing: served;dur=…`. */
export function servedTime({ fields }: ResponseHead): number | undefined {
	const served = /(?:^|[,\s])served;dur=([\d.]+)/.exec(fields.get('server-timing') ?? '')?.[1];
	return served === undefined ? undefined : Number(served);
}

// `Date.parse` alone is too lenient: it parses `-1` as a day in 2001.
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Parses an IMF-fixdate, the only form that senders may generate.
 *
 * @returns Milliseconds since the Unix epoch; undefined for any other text.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 | RFC 9110, section 5.6.7}
 */
export function parseHttpDate(text: string): number | undefined {
	const atMs = IMF_FIXDATE.test(text) ? Date.parse(text) : Number.NaN;
	return Number.isNaN(atMs) ? undefined : atMs;
}

// RFC 850 dates, with a two-digit year; asctime dates; common variants without a comma or with a zone.
const OTHER_FORMS =
	/^(?:(?:[a-z]{3,9}, ?)?\d{1,2}[ -][a-z]{3}[ -](?:\d{4}|\d\d) \d\d:\d\d:\d\d(?: (?:GMT|UTC|[+-]\d{4}))?|[a-z]{3} [a-z]{3} [ \d]\d \d\d:\d\d:\d\d \d{4})$/i;
const HAS_ZONE = / (?:GMT|UTC|[+-]\d{4})$/i;

/**
 * Parses `Last-Modified` for the time of a file, in all forms that recipients must accept, and as
 * leniently as `curl -R`.
 *
 * @returns Milliseconds since the Unix epoch; undefined for any other text, and for earlier dates.
 */
export function parseLastModified(text: string): number | undefined {
	if (!OTHER_FORMS.test(text)) {
		return undefined;
	}
	const atMs = Date.parse(HAS_ZONE.test(text) ? text : `${text} GMT`);
	return atMs >= 0 ? atMs : undefined;
}

/** Modification time for a file, in milliseconds since the Unix epoch, if `remoteTime` is set. */
export function modifiedTime(
	lastModified: string | undefined,
	{ remoteTime }: { readonly remoteTime: boolean },
): number | undefined {
	return remoteTime && lastModified !== undefined ? parseLastModified(lastModified) : undefined;
}

const WHOLE_SECONDS = /^\d+$/;
/** What a larger number of seconds is taken for: RFC 9111, section 1.2.2. */
const MAX_SECONDS = 2 ** 31;

/**
 * Parses how long a server asks a client to wait.
 *
 * @param header - Value of `Retry-After`: whole seconds, or an HTTP date (IMF-fixdate).
 * @param nowMs - Current time, in milliseconds since the Unix epoch.
 * @returns The wait in milliseconds, never negative; `undefined` if `header` is malformed, which must
 *   not fail a download: the caller uses its own back-off.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 | RFC 9110, section 10.2.3}
 */
export function parseRetryAfter(header: string, nowMs: number): number | undefined {
	if (WHOLE_SECONDS.test(header)) {
		return Math.min(Number(header), MAX_SECONDS) * 1000;
	}
	const atMs = parseHttpDate(header);
	return atMs === undefined ? undefined : Math.max(0, atMs - nowMs);
}
