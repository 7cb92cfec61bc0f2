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
import { isRedirect, RedirectChain } from './redirect.ts';
import type { Ending, Tally } from './tally.ts';

export interface Request {
	readonly target: Target;
	readonly url: URL;
	/** Fields of this request alone, names in lower case. */
	readonly headers: Readonly<Record<string, string>>;
	readonly tally: Tally;
	/** Whether it asks for a range; then 416 is an answer for its consumer, too. */
	readonly range: boolean;
	/** Ends this request; the context's own ends all. */
	readonly signal: AbortSignal;
}

/** Takes the content of a good answer, within its slot. */
export type Consume<T> = (answer: Answer) => Promise<T>;

/**
 * Asks once: through the gate of the origin, with a slot, following redirects.
 *
 * @param consume - Called with an answer of status 200 to 299 or 304.
 * @throws {DownloadError} For every other answer, and where there is none.
 */
export async function attempt<T>(
	request: Request,
	context: DownloadContext,
	consume: Consume<T>,
	doing?: Doing,
): Promise<T> {
	const chain = new RedirectChain(request.target, request.url);
	for (let url = request.url; ; ) {
		const home = chain.isHome(url);
		const authorization = chain.authorizationFor(url);
		const step = await askPolitely({
			request,
			url,
			home,
			authorization,
			context,
			consume,
			doing,
		});
		if ('value' in step) return step.value;
		url = chain.next(url, step.location);
	}
}

interface Question<T> {
	readonly request: Request;
	readonly url: URL;
	readonly home: boolean;
	readonly authorization: string | undefined;
	readonly context: DownloadContext;
	readonly consume: Consume<T>;
	readonly doing: Doing | undefined;
}

type Step<T> = { readonly value: T } | { readonly location: string | undefined };

async function askPolitely<T>(question: Question<T>): Promise<Step<T>> {
	const { context, url, doing } = question;
	for (let repeated = false; ; ) {
		const permit = context.gate.tryEnter(url.origin) ?? (await enterGate(question));
		const said: { report: Report } = { report: { kind: 'unused' } };
		doing?.waitsForSlot();
		try {
			const step = await context.slots.run(async () => await askIfFresh(question, permit, said));
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

async function enterGate<T>({ request, url, context, doing }: Question<T>): Promise<Permit> {
	doing?.waitsForGate(url.origin);
	try {
		return await context.gate.enter(url.origin, request.signal);
	} catch (error) {
		if (!(error instanceof GateClosed)) throw error;
		throw new DownloadError(request.target, error.message, { code: error.code });
	}
}

async function askIfFresh<T>(
	question: Question<T>,
	permit: Permit,
	said: { report: Report },
): Promise<Step<T> | undefined> {
	if (permit.isStale()) return undefined;
	question.request.signal.throwIfAborted();
	return await ask(question, said);
}

async function ask<T>(question: Question<T>, said: { report: Report }): Promise<Step<T>> {
	const { request, url, context, home, authorization } = question;
	const { target, tally, signal } = request;
	const started = tally.begin();
	const exchange = context.http.send({ url, headers: request.headers, home, authorization });
	question.doing?.waitsForAnswer(exchange, started.startMs);
	const stop = stopWith(exchange, signal, context);
	const timer = setTimeout(() => {
		const message = `not complete within ${context.options.maxTimeMs / 1000} s`;
		exchange.abort(new DownloadError(target, message, { code: 'max_time' }));
	}, context.options.maxTimeMs);
	let ending: Ending = {};
	try {
		const head = await exchange.head();
		ending = { status: head.status, ...(tally.attempts && servedTime(head)) };
		said.report =
			refusedReport(head) ?? context.overload.report(url.origin, head, started.startMs, nowMs());
		const step = await take(question, { ...head, url, exchange });
		ending = { ...ending, ...('value' in step && { writtenMs: nowMs() }) };
		return step;
	} catch (error) {
		const failure = explain(question, exchange, error);
		if (failure instanceof DownloadError) {
			ending = { ...ending, code: failure.code };
			if (exchange.headersMs === undefined) {
				said.report = isUnreachable(failure.code)
					? { kind: 'unreachable', code: failure.code }
					: { kind: 'broken' };
			}
			if (isIdleConnectionClosed(exchange, failure)) throw new IdleConnectionClosed(failure);
		}
		throw failure;
	} finally {
		clearTimeout(timer);
		stop();
		// No effect on one that has ended: this is for content that nobody wanted to read to its end.
		exchange.abort(ABANDONED);
		tally.end(started, url, exchange, ending);
	}
}

const ABANDONED = new Error('the rest of the answer is not wanted');

function stopWith(exchange: Exchange, signal: AbortSignal, context: DownloadContext): () => void {
	if (signal === context.signal) return () => {};
	const abort = () => {
		exchange.abort(signal.reason as Error);
	};
	signal.addEventListener('abort', abort, { once: true });
	return () => {
		signal.removeEventListener('abort', abort);
	};
}

async function take<T>({ request, consume }: Question<T>, answer: Answer): Promise<Step<T>> {
	const { status, headers } = answer;
	if (isRedirect(status)) {
		await drain(answer.exchange);
		return { location: headers.location };
	}
	if (isGood(status, request)) return { value: await consume(answer) };
	await drain(answer.exchange);
	throw refusal(request.target, answer);
}

function isGood(status: number, request: Request): boolean {
	return (status >= 200 && status < 300) || status === 304 || (status === 416 && request.range);
}

function explain<T>(
	{ request, url, context }: Question<T>,
	exchange: Exchange,
	error: unknown,
): unknown {
	if (request.signal.aborted || !(error instanceof Error)) return error;
	// What the receiver threw on purpose is a DownloadError; what it did not is a bug.
	if (error instanceof DownloadError || !exchange.failedWith(error)) return error;
	const phase = exchange.headersMs === undefined ? 'head' : 'body';
	const peer = peerOf(url, exchange.proxy);
	return networkError(request.target, peer, phase, error, context.options);
}
