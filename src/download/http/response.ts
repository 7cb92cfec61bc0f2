import { STATUS_CODES } from 'node:http';
import type { Target } from '../../targets/target.ts';
import { DownloadError } from '../errors.ts';
import type { RequestResult } from '../origin/limiter.ts';
import type { Exchange, ResponseHead } from './exchange.ts';
import { parseRetryAfter } from './http-date.ts';

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
