import type { Target } from '../targets/target.ts';
import type { ParsedUrl } from '../targets/url.ts';
import type { AttemptLog, AttemptTimer } from './attempt-log.ts';
import type { DownloadContext } from './context.ts';
import { DownloadError, isRetryable, isUnreachable } from './errors.ts';
import type { Exchange } from './http/exchange.ts';
import { explain, isClosedWhileIdle } from './http/network-error.ts';
import { extraFields, type Hop, isRedirect, RedirectChain } from './http/redirect.ts';
import {
	drain,
	type HttpResponse,
	responseError,
	servedTime,
	throttleSignal,
} from './http/response.ts';
import type { HedgedRequest } from './mirrors.ts';
import { OriginUnavailable, type Permit, type RequestResult } from './origin/limiter.ts';
import { nowMs } from './outcome.ts';
import type { TargetProgress } from './progress.ts';
import { refusesRange } from './resume.ts';

/** A GET request for one document, across redirects. */
export interface HttpRequest {
	readonly target: Target;
	readonly url: ParsedUrl;
	readonly log: AttemptLog;
	/** Aborts this request; the signal of the context aborts all. */
	readonly signal: AbortSignal;
	readonly progress: TargetProgress | undefined;
	/** If the target has mirrors. */
	readonly hedged?: HedgedRequest | undefined;
	readonly precondition?: Precondition | undefined;
}

/** Header fields for one URL only; validators of one resource do not apply to another. */
export interface Precondition {
	readonly url: string;
	/** Names in lower case. */
	readonly fields: Readonly<Record<string, string>>;
	/** Whether a range is requested; a refusal of it is then consumed, too. */
	readonly isRange: boolean;
}

/** Consumes a response with status 200 to 299 or 304, or that refuses a range, while its slot is held. */
export type Consume<T> = (response: HttpResponse) => T | Promise<T>;

/** Result of `Consume`, and its attempt. */
export interface Consumed<T> {
	readonly kind: 'consumed';
	readonly value: T;
	readonly attempt: AttemptTimer;
	readonly result: RequestResult;
}

/** How an HTTP request ended. `result` is for the limiter of its origin. */
type Ending<T> =
	| Consumed<T>
	| {
			readonly kind: 'redirect';
			readonly location: string | undefined;
			readonly setCookies: readonly string[];
			readonly result: RequestResult;
	  }
	| {
			readonly kind: 'failed';
			readonly error: unknown;
			readonly result: RequestResult;
			/** The server closed an idle connection as the request was sent, so it may not have received it. */
			readonly wasIdle: boolean;
	  }
	/** The origin was paused while the request waited for its slot: nothing was sent. */
	| { readonly kind: 'stale'; readonly result: RequestResult };

const NOT_SENT: RequestResult = { kind: 'unused' };
const STALE = { kind: 'stale', result: NOT_SENT } as const;

/**
 * Sends a request once it has a permit of its origin and a slot, follows redirects, and passes the
 * response to `consume`.
 *
 * While an origin is unreachable, the request waits and is sent again, which is not a retry.
 *
 * @throws {DownloadError} If there is no response, or an unexpected one.
 */
export async function request<T>(
	spec: HttpRequest,
	context: DownloadContext,
	consume: Consume<T>,
): Promise<Consumed<T>> {
	const { target, url } = spec;
	const { limiter, session } = context;
	const { slots } = spec.hedged ?? context;
	let hop: Hop = {
		url,
		isListed: true,
		authorization: session.authorizationOf(url, true, target.credentials?.[url.origin]),
		cookie: session.cookies?.fieldFor(url.href),
	};
	let redirects: RedirectChain | undefined;
	for (let isRepeated = false; ; ) {
		const { origin } = hop.url;
		const permit = limiter.tryAcquire(origin) ?? (await acquirePermit(origin, spec, context));
		spec.progress?.waitsForSlot();
		const turn = slots.acquire();
		if (turn !== undefined) {
			await turn;
		}
		let ending: Ending<T> = STALE;
		try {
			ending = await sendOnce(hop, isRepeated, spec, permit, context, consume);
		} finally {
			permit.release(ending.result);
			slots.release();
		}
		if (ending.kind === 'consumed') {
			return ending;
		}
		if (ending.kind === 'redirect') {
			redirects ??= new RedirectChain(target, url, session, context.options);
			hop = redirects.follow(hop.url, ending.location, ending.setCookies);
			isRepeated = false;
		} else if (ending.kind === 'failed') {
			if (ending.wasIdle && !isRepeated) {
				isRepeated = true;
			} else if (!(await mayRecover(origin, ending.result, spec, context))) {
				throw ending.error;
			}
		}
	}
}

async function acquirePermit(
	origin: string,
	{ target, signal, progress, hedged }: HttpRequest,
	{ limiter }: DownloadContext,
): Promise<Permit> {
	progress?.waitsForOrigin(origin);
	try {
		// Try the mirrors while the origin is unreachable.
		if (hedged !== undefined && (await limiter.awaitsRecovery(origin, target.index))) {
			hedged.startNext();
		}
		return await limiter.acquire(origin, target.index, signal);
	} catch (error) {
		if (!(error instanceof OriginUnavailable)) {
			throw error;
		}
		throw new DownloadError(target, error.message, { code: error.code });
	}
}

function mayRecover(
	origin: string,
	result: RequestResult,
	{ target }: HttpRequest,
	{ limiter }: DownloadContext,
): boolean | Promise<boolean> {
	const isTransient = result.kind === 'unreachable' && isRetryable(result.code);
	return isTransient && limiter.awaitsRecovery(origin, target.index);
}

/** Sends one HTTP request, while its slot is held. Never throws. */
async function sendOnce<T>(
	hop: Hop,
	isRepeated: boolean,
	spec: HttpRequest,
	permit: Permit,
	context: DownloadContext,
	consume: Consume<T>,
): Promise<Ending<T>> {
	if (permit.isStale()) {
		return STALE;
	}
	if (spec.signal.aborted) {
		return { kind: 'failed', error: spec.signal.reason, result: NOT_SENT, wasIdle: false };
	}
	const { url } = hop;
	const attempt = spec.log.begin();
	const exchange = context.http.send(
		hop,
		extraFields(spec.target, url, spec.precondition),
		isRepeated,
	);
	spec.progress?.waitsForResponse(exchange, attempt.startMs);
	const stop = spec.signal === context.signal ? undefined : abortWith(exchange, spec.signal);
	let result: RequestResult = NOT_SENT;
	let code: string | undefined;
	try {
		const { status, fields } = await exchange.head();
		const response = { status, fields, exchange, url: url.href };
		attempt.status = status;
		if (attempt.isDetailed) {
			attempt.servedMs = servedTime(response);
		}
		result =
			throttleSignal(response) ??
			context.rateLimits.result(url.origin, status, attempt.startMs, nowMs());
		if (isWanted(response, spec.precondition)) {
			const consumed = consume(response);
			const value = consumed instanceof Promise ? await consumed : consumed;
			return { kind: 'consumed', value, attempt, result };
		}
		await drain(exchange);
		if (isRedirect(response)) {
			const setCookies = fields.getAll('set-cookie');
			return { kind: 'redirect', location: fields.get('location'), setCookies, result };
		}
		throw responseError(spec.target, response);
	} catch (caught) {
		const error = explain(caught, spec, url, exchange, context.options);
		if (error instanceof DownloadError) {
			code = error.code;
			result = exchange.headersMs === undefined ? resultOf(code, spec.target) : result;
		} else if (hasLost(spec, context)) {
			code = 'beaten';
		}
		return { kind: 'failed', error, result, wasIdle: isClosedWhileIdle(exchange, code) };
	} finally {
		stop?.();
		// Aborts content that was not read to its end; has no effect on a complete exchange.
		exchange.abort(ABANDONED);
		attempt.end(url, exchange);
		if (code !== undefined) {
			attempt.failed(code);
		}
	}
}

const ABANDONED = new Error('the rest of the response is not wanted');

function abortWith(exchange: Exchange, signal: AbortSignal): () => void {
	const abort = () => {
		exchange.abort(signal.reason as Error);
	};
	signal.addEventListener('abort', abort, { once: true });
	return () => {
		signal.removeEventListener('abort', abort);
	};
}

function isWanted({ status, url }: HttpResponse, precondition: Precondition | undefined): boolean {
	return (
		(status >= 200 && status < 300) ||
		status === 304 ||
		(refusesRange(status) && precondition?.isRange === true && precondition.url === url)
	);
}

/** @returns The result of a request without a response, for the limiter. */
function resultOf(code: string, { index }: Target): RequestResult {
	return isUnreachable(code) ? { kind: 'unreachable', code, target: index } : { kind: 'broken' };
}

/** Whether another mirror won. */
function hasLost({ signal }: HttpRequest, context: DownloadContext): boolean {
	return signal.aborted && !context.signal.aborted;
}
