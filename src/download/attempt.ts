import type { Place } from '../targets/place.ts';
import type { Target } from '../targets/target.ts';
import { type Answer, drain, refusal, refusedReport, servedTime } from './answer.ts';
import type { DownloadContext } from './context.ts';
import type { Doing } from './doing.ts';
import { DownloadError } from './download-error.ts';
import type { Exchange } from './exchange.ts';
import { isUnreachable } from './failures.ts';
import { GateClosed, type Permit, type Report } from './gate.ts';
import { IdleConnectionClosed, isIdleConnectionClosed, unwrapped } from './idle-connection.ts';
import { networkError, peerOf } from './network-error.ts';
import { nowMs } from './outcome.ts';
import { authorizationOf, isRedirect, RedirectChain } from './redirect.ts';
import type { AttemptRecord, Tally } from './tally.ts';
import { TimeIsUp } from './time-limit.ts';

/** What is asked for, and what becomes of the answer. */
export interface Inquiry<T> {
	readonly target: Target;
	readonly place: Place;
	readonly tally: Tally;
	/** Ends this inquiry; the context's own ends all. */
	readonly signal: AbortSignal;
	/** Fields of its requests alone, names in lower case. */
	readonly headers: Readonly<Record<string, string>> | undefined;
	/** Whether it asks for a range; then 416 is an answer to be taken, too. */
	readonly asksRange: boolean;
	/** Takes the content of an answer of status 200 to 299 or 304, within its slot. */
	take(answer: Answer): Promise<T>;
	/** What is left to be done without a slot: the request is no longer in flight. */
	finish?(taken: T): Promise<void> | undefined;
}

/**
 * Asks once: through the gate of the origin, with a slot, following redirects.
 *
 * @throws {DownloadError} For every answer that is not taken, and where there is none.
 */
export async function attempt<T>(
	inquiry: Inquiry<T>,
	context: DownloadContext,
	doing?: Doing,
): Promise<T> {
	let question: Question = {
		place: inquiry.place,
		home: true,
		authorization: authorizationOf(inquiry.target, inquiry.place),
	};
	let chain: RedirectChain | undefined;
	for (;;) {
		const step = await askPolitely(inquiry, question, context, doing);
		if (step.redirected === undefined) return await finish(inquiry, step);
		chain ??= new RedirectChain(inquiry.target, inquiry.place);
		const place = chain.next(question.place, step.redirected.location);
		question = { place, home: chain.isHome(place), authorization: chain.authorizationFor(place) };
	}
}

/** One request of an inquiry: several where there are redirects. */
interface Question {
	readonly place: Place;
	readonly home: boolean;
	readonly authorization: string | undefined;
}

type Step<T> =
	| { readonly redirected: { readonly location: string | undefined } }
	| { readonly redirected?: undefined; readonly taken: T; readonly record: AttemptRecord };

async function finish<T>(
	inquiry: Inquiry<T>,
	{ taken, record }: Extract<Step<T>, { taken: T }>,
): Promise<T> {
	try {
		await inquiry.finish?.(taken);
		record.written();
		return taken;
	} catch (error) {
		if (error instanceof DownloadError) record.failed(error.code);
		throw error;
	}
}

async function askPolitely<T>(
	inquiry: Inquiry<T>,
	question: Question,
	context: DownloadContext,
	doing: Doing | undefined,
): Promise<Step<T>> {
	const { origin } = question.place;
	for (let repeated = false; ; ) {
		const permit =
			context.gate.tryEnter(origin) ?? (await enterGate(inquiry, origin, context, doing));
		const said: Said = { report: { kind: 'unused' } };
		doing?.waitsForSlot();
		try {
			const step = await context.slots.run(async () => {
				if (permit.isStale()) return undefined;
				inquiry.signal.throwIfAborted();
				return await ask(inquiry, question, context, doing, said);
			});
			if (step !== undefined) return step;
		} catch (error) {
			// The server closed an idle connection while the request was on its way: nobody's fault.
			if (repeated || !(error instanceof IdleConnectionClosed)) throw unwrapped(error);
			repeated = true;
		} finally {
			permit.leave(said.report);
		}
	}
}

/** What the origin's gate is to be told. */
interface Said {
	report: Report;
}

async function enterGate<T>(
	{ target, signal }: Inquiry<T>,
	origin: string,
	{ gate }: DownloadContext,
	doing: Doing | undefined,
): Promise<Permit> {
	doing?.waitsForGate(origin);
	try {
		return await gate.enter(origin, signal);
	} catch (error) {
		if (!(error instanceof GateClosed)) throw error;
		throw new DownloadError(target, error.message, { code: error.code });
	}
}

async function ask<T>(
	inquiry: Inquiry<T>,
	{ place, home, authorization }: Question,
	context: DownloadContext,
	doing: Doing | undefined,
	said: Said,
): Promise<Step<T>> {
	const record = inquiry.tally.begin();
	const exchange = context.http.send({ place, headers: inquiry.headers, home, authorization });
	doing?.waitsForAnswer(exchange, record.startMs);
	const stop = inquiry.signal === context.signal ? undefined : stopWith(exchange, inquiry.signal);
	let code: string | undefined;
	try {
		const head = await exchange.head();
		record.status = head.status;
		if (record.isDetailed) record.servedMs = servedTime(head);
		said.report =
			refusedReport(head) ??
			context.overload.report(place.origin, head.status, record.startMs, nowMs());
		return await take(inquiry, { status: head.status, fields: head.fields, exchange }, record);
	} catch (error) {
		const failure = explain(inquiry, place, context, exchange, error);
		if (failure instanceof DownloadError) {
			code = failure.code;
			if (exchange.headersMs === undefined) {
				said.report = isUnreachable(code) ? { kind: 'unreachable', code } : { kind: 'broken' };
			}
			if (isIdleConnectionClosed(exchange, failure)) throw new IdleConnectionClosed(failure);
		}
		throw failure;
	} finally {
		stop?.();
		// No effect on one that has ended: this is for content that nobody wanted to read to its end.
		exchange.abort(ABANDONED);
		record.end(place, exchange);
		if (code !== undefined) record.failed(code);
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
	const { status, exchange } = answer;
	if (isGood(status, inquiry)) return { taken: await inquiry.take(answer), record };
	await drain(exchange);
	if (isRedirect(status)) return { redirected: { location: answer.fields.get('location') } };
	throw refusal(inquiry.target, answer);
}

function isGood<T>(status: number, { asksRange }: Inquiry<T>): boolean {
	return (status >= 200 && status < 300) || status === 304 || (status === 416 && asksRange);
}

function explain<T>(
	{ target, signal }: Inquiry<T>,
	{ href }: Place,
	{ options }: DownloadContext,
	exchange: Exchange,
	error: unknown,
): unknown {
	if (signal.aborted || !(error instanceof Error)) return error;
	if (error instanceof TimeIsUp) {
		return new DownloadError(target, error.message, { code: 'max_time' });
	}
	// What the receiver threw on purpose is a DownloadError; what it did not is a bug.
	if (error instanceof DownloadError || !exchange.failedWith(error)) return error;
	const phase = exchange.headersMs === undefined ? 'head' : 'body';
	const peer = peerOf(new URL(href), exchange.proxy);
	return networkError(target, peer, phase, error, options);
}
