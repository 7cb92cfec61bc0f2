import type { Place } from '../targets/place.ts';
import {
	type Answer,
	checkTransferCoding,
	drain,
	refusal,
	refusedResult,
	servedTime,
} from './answer.ts';
import type { DownloadContext } from './context.ts';
import type { Doing } from './doing.ts';
import { DownloadError } from './download-error.ts';
import type { Exchange } from './exchange.ts';
import { isUnreachable } from './failures.ts';
import { IdleConnectionClosed, isIdleConnectionClosed } from './idle-connection.ts';
import type { Inquiry } from './inquiry.ts';
import { networkError, peerOf } from './network-error.ts';
import type { RequestResult } from './origin/limiter.ts';
import { nowMs } from './outcome.ts';
import { isRedirect } from './redirect.ts';
import type { AttemptRecord } from './tally.ts';
import { TimeIsUp } from './time-limit.ts';

/** One request of an inquiry: several where there are redirects. */
export interface Question {
	readonly place: Place;
	readonly listed: boolean;
	readonly authorization: string | undefined;
}

/** What came of it: an answer that was taken, or where it leads. */
export type Step<T> =
	| { readonly redirected: { readonly location: string | undefined } }
	| { readonly redirected?: undefined; readonly taken: T; readonly record: AttemptRecord };

/** What the limiter of the origin is to hear. */
export interface Said {
	result: RequestResult;
}

/**
 * Sends one request, within its slot, and takes the answer.
 *
 * @param said - Is told what came of it, as far as the origin is concerned.
 * @throws {DownloadError} For every answer that is not taken, and where there is none.
 * @throws {IdleConnectionClosed} Where the server may never have seen it.
 */
export async function ask<T>(
	inquiry: Inquiry<T>,
	{ place, listed, authorization }: Question,
	context: DownloadContext,
	doing: Doing | undefined,
	said: Said,
): Promise<Step<T>> {
	const record = inquiry.tally.begin();
	const exchange = context.http.send({
		place,
		headers: inquiry.headersFor(place.href),
		listed,
		authorization,
	});
	doing?.waitsForAnswer(exchange, record.startMs);
	const stop = inquiry.signal === context.signal ? undefined : stopWith(exchange, inquiry.signal);
	let code: string | undefined;
	try {
		const head = await exchange.head();
		record.status = head.status;
		if (record.isDetailed) {
			record.servedMs = servedTime(head);
		}
		said.result =
			refusedResult(head) ??
			context.rateLimits.result(place.origin, head.status, record.startMs, nowMs());
		const { status, fields } = head;
		return await take(inquiry, { status, fields, exchange, url: place.href }, record);
	} catch (error) {
		const failure = explain(inquiry, place, context, exchange, error);
		if (failure instanceof DownloadError) {
			code = failure.code;
			if (exchange.headersMs === undefined) {
				said.result = isUnreachable(code)
					? { kind: 'unreachable', code, target: inquiry.target.index }
					: { kind: 'broken' };
			}
			if (isIdleConnectionClosed(exchange, failure)) {
				throw new IdleConnectionClosed(failure);
			}
		}
		throw failure;
	} finally {
		stop?.();
		// No effect on one that has ended: this is for content that nobody wanted to read to its end.
		exchange.abort(ABANDONED);
		record.end(place, exchange);
		if (code !== undefined) {
			record.failed(code);
		}
	}
}

const ABANDONED = new Error('the rest of the answer is not wanted');

function stopWith(exchange: Exchange, signal: AbortSignal): () => void {
	const abort = () => {
		exchange.abort(signal.reason as Error);
	};
	signal.addEventListener('abort', abort, { once: true });
	return () => {
		signal.removeEventListener('abort', abort);
	};
}

async function take<T>(
	inquiry: Inquiry<T>,
	answer: Answer,
	record: AttemptRecord,
): Promise<Step<T>> {
	const { exchange } = answer;
	if (isGood(answer, inquiry)) {
		checkTransferCoding(inquiry.target, answer);
		return { taken: await inquiry.take(answer), record };
	}
	await drain(exchange);
	if (isRedirect(answer.status)) {
		return { redirected: { location: answer.fields.get('location') } };
	}
	throw refusal(inquiry.target, answer);
}

function isGood<T>({ status, url }: Answer, inquiry: Inquiry<T>): boolean {
	return (
		(status >= 200 && status < 300) ||
		status === 304 ||
		(status === 416 && inquiry.asksRangeOf(url))
	);
}

function explain<T>(
	{ target, signal }: Inquiry<T>,
	{ href }: Place,
	{ options }: DownloadContext,
	exchange: Exchange,
	error: unknown,
): unknown {
	if (signal.aborted || !(error instanceof Error)) {
		return error;
	}
	if (error instanceof TimeIsUp) {
		return new DownloadError(target, error.message, { code: 'max_time' });
	}
	// What the receiver threw on purpose is a DownloadError; what it did not is a bug.
	if (error instanceof DownloadError || !exchange.failedWith(error)) {
		return error;
	}
	const phase = exchange.headersMs === undefined ? 'head' : 'body';
	const peer = peerOf(new URL(href), exchange.proxy);
	return networkError(target, peer, phase, error, options);
}
