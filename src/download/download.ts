import type { Target } from '../targets/target.ts';
import type { Mutable } from '../util/types.ts';
import type { DownloadContext } from './context.ts';
import { decide } from './disk/existing-file.ts';
import { forgetParts } from './disk/kept-parts.ts';
import { DownloadError, toFailure } from './download-error.ts';
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
	const ended = (status: OutcomeStatus, bytes = 0): Mutable<Outcome> => {
		const { requests, retries, httpStatus, attempts } = tally;
		const times = { startMs, endMs: nowMs() };
		const outcome: Mutable<Outcome> = { target, status, dest, bytes, requests, retries, ...times };
		if (httpStatus !== undefined) {
			outcome.httpStatus = httpStatus;
		}
		if (attempts !== undefined) {
			outcome.attempts = attempts;
		}
		return outcome;
	};

	try {
		context.signal.throwIfAborted();
		if (target.naming !== undefined) {
			dest = await nameFromMetadata(target, target.naming, tally, context);
		}
		const decision = context.emptyDirectories.isEmpty(dest)
			? 'fetch'
			: decide(target, dest, context.options.ifExists);
		if (decision === 'skip') {
			forgetParts(dest, context.parts);
			return ended('skipped');
		}
		const fetched = await obtain({ target, dest, tally, context }, decision === 'update');
		forgetParts(dest, context.parts);
		const outcome = ended(fetched.status, fetched.bytes);
		if (fetched.sha256 !== undefined) {
			outcome.sha256 = fetched.sha256;
		}
		if (fetched.etag !== undefined) {
			outcome.etag = fetched.etag;
		}
		if (fetched.lastModified !== undefined) {
			outcome.lastModified = fetched.lastModified;
		}
		if (fetched.servedUrl !== undefined) {
			outcome.servedUrl = fetched.servedUrl;
		}
		return outcome;
	} catch (error) {
		if (context.signal.aborted) {
			return { ...ended('cancelled'), failure: cancelled(context.signal) };
		}
		if (!(error instanceof DownloadError)) {
			throw error;
		}
		const status = error.code === 'http_404' ? 'not_found' : 'error';
		return { ...ended(status), failure: toFailure(error) };
	}
}

interface Work {
	readonly target: Target;
	readonly dest: string;
	readonly tally: Tally;
	readonly context: DownloadContext;
}

function obtain(work: Work, conditional: boolean): Promise<Fetched> {
	const { target, context } = work;
	if (target.mirrors === undefined || target.mirrors.length === 0) {
		return fetchIn(undefined, work, conditional);
	}
	const slot = shareSlot(context.slots);
	return firstCompleted([target.url, ...target.mirrors], context.signal, async (lane) => {
		const own = { ...context, slots: slot.of(lane.queue) };
		return await fetchIn(lane, { ...work, context: own }, conditional);
	});
}

/** @param lane - Where there are several; each has a URL of its own. */
function fetchIn(
	lane: Lane | undefined,
	{ target, dest, tally, context }: Work,
	conditional: boolean,
): Promise<Fetched> {
	const into = {
		target,
		dest,
		maxBytes: context.options.maxFilesizeBytes ?? Number.POSITIVE_INFINITY,
		signal: lane?.signal ?? context.signal,
		claim() {
			if (lane?.claim() === false) {
				throw new Beaten(target);
			}
		},
	};
	const place = parseUrl(target, lane?.url ?? target.url);
	return fetchFile({ place, into, conditional, tally, lane }, context);
}

function cancelled(signal: AbortSignal): Failure {
	const reason: unknown = signal.reason;
	return {
		code: 'cancelled',
		message: reason instanceof Error ? reason.message : 'cancelled',
		causes: [],
	};
}
