import type { Target } from '../targets/target.ts';
import type { Mutable } from '../util/members.ts';
import { AttemptLog } from './attempt-log.ts';
import type { DownloadContext } from './context.ts';
import { decide } from './disk/existing-file.ts';
import { removeKeptParts } from './disk/kept-parts.ts';
import { downloadFile } from './download-file.ts';
import { DownloadError, toFailure } from './errors.ts';
import { parseUrl } from './http/redirect.ts';
import type { HedgedRequest } from './mirrors.ts';
import { type Failure, nowMs, type Outcome, type OutcomeStatus } from './outcome.ts';
import type { Fetched } from './receive-body.ts';

/**
 * The unit of work of every strategy: one target in, one outcome out.
 *
 * *Fluent Python*, 18.2: the coroutine that a chain of `yield from` drives; here `await`, down to one request.
 *
 * It acquires a slot for each request and holds none while it waits. Expected failures are outcomes;
 * it throws only on a bug.
 */
export async function download(target: Target, context: DownloadContext): Promise<Outcome> {
	const log = new AttemptLog(context.options.detail);
	const startMs = nowMs();
	let dest = target.dest;
	const ended = (status: OutcomeStatus): Mutable<Outcome> => {
		const { requests, retries, httpStatus, attempts } = log;
		const endMs = nowMs();
		const outcome: Mutable<Outcome> = {
			target,
			status,
			dest,
			bytes: 0,
			requests,
			retries,
			startMs,
			endMs,
		};
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
		const { naming } = target;
		if (naming?.metadataUrl !== undefined) {
			const { metadataUrl } = naming;
			const { nameFromMetadata } = await import('./metadata-name.ts');
			dest = await nameFromMetadata(target, { ...naming, metadataUrl }, log, context);
		}
		const isNamedLater = naming !== undefined && naming.metadataUrl === undefined;
		const decision =
			isNamedLater || context.emptyDirectories.isEmpty(dest)
				? 'fetch'
				: await decide(target, dest, context.options.ifExists);
		if (decision === 'skip') {
			removeKeptParts(dest, context.parts);
			return ended('skipped');
		}
		const fetched = await obtain(target, dest, decision === 'update', log, context);
		dest = fetched.dest ?? dest;
		removeKeptParts(dest, context.parts);
		return Object.assign(ended(fetched.status), fetched);
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

/** Downloads from one URL, or from the fastest of several mirrors. */
function obtain(
	target: Target,
	dest: string,
	isUpdate: boolean,
	log: AttemptLog,
	context: DownloadContext,
): Promise<Fetched> {
	const { mirrors = [] } = target;
	const { signal, slots } = context;
	// Written out instead of spread, for speed: this runs for every file.
	const downloadFrom = (url: string, own: AbortSignal, hedged: HedgedRequest | undefined) =>
		downloadFile(
			{ target, dest, url: parseUrl(target, url), isUpdate, log, signal: own, hedged },
			context,
		);
	return mirrors.length === 0
		? downloadFrom(target.url, signal, undefined)
		: import('./mirrors.ts').then(({ hedge }) =>
				hedge([target.url, ...mirrors], slots, signal, (hedged) =>
					downloadFrom(hedged.url, hedged.signal, hedged),
				),
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
