import { ask, type Question, type Said, type Step } from './ask.ts';
import type { DownloadContext } from './context.ts';
import type { Doing } from './doing.ts';
import { DownloadError } from './download-error.ts';
import { GateClosed, type Permit } from './gate.ts';
import { IdleConnectionClosed, unwrapped } from './idle-connection.ts';
import type { Inquiry } from './inquiry.ts';
import { authorizationOf, RedirectChain } from './redirect.ts';

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
		if (step.redirected === undefined) {
			return await finish(inquiry, step);
		}
		chain ??= new RedirectChain(inquiry.target, inquiry.place);
		const place = chain.next(question.place, step.redirected.location);
		question = { place, home: chain.isHome(place), authorization: chain.authorizationFor(place) };
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
				if (permit.isStale()) {
					return undefined;
				}
				inquiry.signal.throwIfAborted();
				return await ask(inquiry, question, context, doing, said);
			});
			if (step !== undefined) {
				return step;
			}
		} catch (error) {
			// The server closed an idle connection while the request was on its way: nobody's fault.
			if (repeated || !(error instanceof IdleConnectionClosed)) {
				throw unwrapped(error);
			}
			repeated = true;
		} finally {
			permit.leave(said.report);
		}
	}
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
		if (!(error instanceof GateClosed)) {
			throw error;
		}
		throw new DownloadError(target, error.message, { code: error.code });
	}
}
