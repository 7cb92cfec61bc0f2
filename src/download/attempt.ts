import { ask, type Question, type Said, type Step } from './ask.ts';
import type { DownloadContext } from './context.ts';
import type { Doing } from './doing.ts';
import { DownloadError } from './download-error.ts';
import { isRetryable } from './failures.ts';
import { IdleConnectionClosed, unwrapped } from './idle-connection.ts';
import type { Inquiry } from './inquiry.ts';
import { type OriginLimiter, OriginUnavailable, type Permit } from './origin/limiter.ts';
import { authorizationOf, RedirectChain } from './redirect.ts';

/**
 * Asks once: through the limiter of the origin, with a slot, following redirects.
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
		listed: true,
		authorization: authorizationOf(inquiry.target, inquiry.place),
	};
	let chain: RedirectChain | undefined;
	for (;;) {
		const step = await sendThroughLimiter(inquiry, question, context, doing);
		if (step.redirected === undefined) {
			return await finish(inquiry, step);
		}
		chain ??= new RedirectChain(inquiry.target, inquiry.place, context.options);
		const place = chain.next(question.place, step.redirected.location);
		const listed = chain.isListed(place);
		question = { place, listed, authorization: chain.authorizationFor(place) };
	}
}

async function finish<T>(
	inquiry: Inquiry<T>,
	{ taken, record }: Extract<Step<T>, { taken: T }>,
): Promise<T> {
	try {
		await inquiry.finish?.(taken);
		record.written();
		return taken;
	} catch (error) {
		if (error instanceof DownloadError) {
			record.failed(error.code);
		}
		throw error;
	}
}

/** While its origin is out of reach the request waits and is sent again; that is no retry. */
async function sendThroughLimiter<T>(
	inquiry: Inquiry<T>,
	question: Question,
	context: DownloadContext,
	doing: Doing | undefined,
): Promise<Step<T>> {
	const { limiter, slots } = context;
	const { origin } = question.place;
	const { index } = inquiry.target;
	for (let repeated = false; ; ) {
		const permit = limiter.tryAcquire(origin) ?? (await acquire(inquiry, origin, limiter, doing));
		const said: Said = { result: { kind: 'unused' } };
		let failure: unknown;
		doing?.waitsForSlot();
		try {
			const step = await slots.run(async () => {
				if (permit.isStale()) {
					return undefined;
				}
				inquiry.signal.throwIfAborted();
				return await ask(inquiry, question, context, doing, said);
			});
			if (step !== undefined) {
				return step;
			}
			continue;
		} catch (error) {
			failure = error;
		} finally {
			permit.release(said.result);
		}
		// The server closed an idle connection while the request was on its way: neither is at fault.
		if (failure instanceof IdleConnectionClosed && !repeated) {
			repeated = true;
			continue;
		}
		const mayRecover = said.result.kind === 'unreachable' && isRetryable(said.result.code);
		if (!mayRecover || !(await limiter.awaitsRecovery(origin, index))) {
			throw unwrapped(failure);
		}
	}
}

async function acquire<T>(
	{ target, signal, startNextMirror }: Inquiry<T>,
	origin: string,
	limiter: OriginLimiter,
	doing: Doing | undefined,
): Promise<Permit> {
	doing?.waitsForOrigin(origin);
	try {
		// Mirrors are asked while the origin is out of reach.
		if (startNextMirror !== undefined && (await limiter.awaitsRecovery(origin, target.index))) {
			startNextMirror();
		}
		return await limiter.acquire(origin, target.index, signal);
	} catch (error) {
		if (!(error instanceof OriginUnavailable)) {
			throw error;
		}
		throw new DownloadError(target, error.message, { code: error.code });
	}
}
