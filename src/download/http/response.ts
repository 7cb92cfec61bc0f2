import { STATUS_CODES } from 'node:http';
import type { Target } from '../../targets/target.ts';
import { DownloadError } from '../errors.ts';
import type { RequestResult } from '../origin/limiter.ts';
import type { Exchange, ResponseHead } from './exchange.ts';

/** The body of an unwanted response is read up to this size, so that its connection can be used again. */
const DRAIN_BYTES = 64 * 1024;
/** A new connection costs less than a longer wait. */
const DRAIN_MS = 250;

/** The response to one request; its content is still to be read. */
export interface HttpResponse extends ResponseHead {
	/** That was requested: after redirects, the last one. */
	readonly url: string;
	readonly exchange: Exchange;
}

/**
 * Reads what is left of a response that is not wanted, so that its connection can be used again. Gives
 * up, and closes the connection, if that is much or does not come soon.
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
		// The response itself was complete enough: its status decides.
	} finally {
		clearTimeout(timer);
	}
}

const NOT_WORTH_WAITING = new Error('the rest of the response does not come');

/** The failure that a response with this status is. */
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

/** @returns What a response with `Retry-After` tells of its origin; undefined for any other. */
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

/** Time that the server says it spent: `Server-Timing: served;dur=…`, in milliseconds. */
export function servedTime({ fields }: ResponseHead): number | undefined {
	const served = /(?:^|[,\s])served;dur=([\d.]+)/.exec(fields.get('server-timing') ?? '')?.[1];
	return served === undefined ? undefined : Number(served);
}

// `Date.parse` alone is too willing: it reads `-1` as a day in 2001.
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Reads the form of date that senders must use.
 *
 * @returns Milliseconds since the Unix epoch; undefined for any other text.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 | RFC 9110, section 5.6.7}
 */
export function parseHttpDate(text: string): number | undefined {
	const atMs = IMF_FIXDATE.test(text) ? Date.parse(text) : Number.NaN;
	return Number.isNaN(atMs) ? undefined : atMs;
}

// Of RFC 850, with two digits for the year, and of asctime; dates without a comma or with a zone, as servers send them.
const OTHER_FORMS =
	/^(?:(?:[a-z]{3,9}, ?)?\d{1,2}[ -][a-z]{3}[ -](?:\d{4}|\d\d) \d\d:\d\d:\d\d(?: (?:GMT|UTC|[+-]\d{4}))?|[a-z]{3} [a-z]{3} [ \d]\d \d\d:\d\d:\d\d \d{4})$/i;
const HAS_ZONE = / (?:GMT|UTC|[+-]\d{4})$/i;

/**
 * Reads `Last-Modified` for the time of a file, in all the forms that recipients must accept, and as
 * willing as `curl -R`.
 *
 * @returns Milliseconds since the Unix epoch; undefined for any other text, and for what is before it.
 */
export function parseLastModified(text: string): number | undefined {
	if (!OTHER_FORMS.test(text)) {
		return undefined;
	}
	const atMs = Date.parse(HAS_ZONE.test(text) ? text : `${text} GMT`);
	return atMs >= 0 ? atMs : undefined;
}

/** The time of a file, in milliseconds since the Unix epoch, if it is to be that of the server. */
export function modifiedTime(
	lastModified: string | undefined,
	{ remoteTime }: { readonly remoteTime: boolean },
): number | undefined {
	return remoteTime && lastModified !== undefined ? parseLastModified(lastModified) : undefined;
}

const WHOLE_SECONDS = /^\d+$/;

/**
 * Reads how long a server asks a client to wait.
 *
 * @param header - Value of `Retry-After`: whole seconds, or an HTTP date (IMF-fixdate).
 * @param nowMs - The present, in milliseconds since the Unix epoch. An argument, so that a test
 *   needs no fake clock.
 * @returns The wait in milliseconds, never negative; `undefined` when `header` has neither form,
 *   and the caller then uses its own back-off.
 *
 * Does not throw: a malformed header is the server's fault and must not fail a download.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 | RFC 9110, section 10.2.3}
 */
export function parseRetryAfter(header: string, nowMs: number): number | undefined {
	if (WHOLE_SECONDS.test(header)) {
		return Number(header) * 1000;
	}
	const atMs = parseHttpDate(header);
	return atMs === undefined ? undefined : Math.max(0, atMs - nowMs);
}
