import type { Target } from '../targets/target.ts';
import type { DownloadContext } from './context.ts';
import { DownloadError, toFailure } from './download-error.ts';
import { decide } from './existing.ts';
import { type Fetched, fetchFile } from './fetch-file.ts';
import { firstCompleted, type Lane } from './mirrors.ts';
import { nameFromMetadata } from './naming.ts';
import { type Failure, nowMs, type Outcome, type OutcomeStatus } from './outcome.ts';
import { parseUrl } from './parse-url.ts';
import { Beaten } from './receive.ts';
import { shareSlot } from './shared-slot.ts';
import { Tally } from './tally.ts';

/**
 * The unit of work: one target in, one outcome out. Every strategy runs this and nothing else.
 *
 * It takes a slot of the context for each request and holds none while it waits. Expected endings
 * are values; it throws only where flagdl itself is wrong.
 */
export async function download(target: Target, context: DownloadContext): Promise<Outcome> {
	const tally = new Tally(context.options.detail);
	const startMs = nowMs();
	let dest = target.dest;
	const ended = (status: OutcomeStatus, rest: Partial<Outcome> = {}): Outcome => ({
		target,
		status,
		dest,
		bytes: 0,
		requests: tally.requests,
		retries: tally.retries,
		startMs,
		endMs: nowMs(),
		...(tally.httpStatus !== undefined && { httpStatus: tally.httpStatus }),
		...(tally.attempts && { attempts: tally.attempts }),
		...rest,
	});

	try {
		context.signal.throwIfAborted();
		if (target.naming !== undefined) {
			dest = await nameFromMetadata(target, target.naming, tally, context);
		}
		const decision = context.folders.isFresh(dest)
			? 'fetch'
			: decide(target, dest, context.options.ifExists);
		if (decision === 'skip') return ended('skipped');
		const { status, ...fetched } = await obtain(
			{ target, dest, tally, context },
			decision === 'update',
		);
		return ended(status, fetched);
	} catch (error) {
		if (context.signal.aborted) {
			return ended('cancelled', { failure: cancelled(context.signal) });
		}
		if (!(error instanceof DownloadError)) throw error;
		return ended(error.code === 'http_404' ? 'not_found' : 'error', { failure: toFailure(error) });
	}
}

interface Work {
	readonly target: Target;
	readonly dest: string;
	readonly tally: Tally;
	readonly context: DownloadContext;
}

async function obtain(work: Work, conditional: boolean): Promise<Fetched> {
	const { target, context } = work;
	if (target.mirrors === undefined || target.mirrors.length === 0) {
		const lane: Lane = {
			url: target.url,
			signal: context.signal,
			stumble: () => {},
			queue: { enter: () => {}, leave: () => {} },
			claim: () => true,
		};
		return await fetchIn(lane, work, conditional);
	}
	const slot = shareSlot(context.slots);
	return await firstCompleted([target.url, ...target.mirrors], context.signal, async (lane) => {
		const own = { ...context, slots: slot.of(lane.queue) };
		return await fetchIn(lane, { ...work, context: own }, conditional);
	});
}

async function fetchIn(lane: Lane, work: Work, conditional: boolean): Promise<Fetched> {
	const { target, dest, tally, context } = work;
	const into = {
		target,
		dest,
		maxBytes: context.options.maxFilesizeBytes ?? Number.POSITIVE_INFINITY,
		signal: lane.signal,
		claim() {
			if (!lane.claim()) throw new Beaten(target);
		},
	};
	const url = parseUrl(target, lane.url);
	return await fetchFile(
		{ url, into, conditional, tally, onFailure: () => lane.stumble() },
		context,
	);
}

function cancelled(signal: AbortSignal): Failure {
	const reason: unknown = signal.reason;
	return {
		code: 'cancelled',
		message: reason instanceof Error ? reason.message : 'cancelled',
		causes: [],
	};
}
