import type { Naming, Target } from '../targets/target.ts';
import type { AttemptLog, AttemptTimer } from './attempt-log.ts';
import type { DownloadContext } from './context.ts';
import { keepsAppeared } from './disk/existing-file.ts';
import { claimPart, keepPart, keptBytes, type Part } from './disk/kept-parts.ts';
import { DownloadError } from './errors.ts';
import { parseUrl } from './http/redirect.ts';
import { type HttpResponse, modifiedTime } from './http/response.ts';
import { type Fetched, type FileSource, type Received, receiveBody } from './receive-body.ts';
import { type Precondition, request } from './request.ts';
import { RetryPolicy } from './retry.ts';

/** One URL of a file, with the log of its attempts. */
export interface FileDownload extends FileSource {
	readonly log: AttemptLog;
}

/**
 * Downloads a file from one URL, with retries, and resumes a kept part of a large file.
 *
 * @throws {DownloadError} The last failure.
 */
export async function downloadFile(
	given: FileDownload,
	context: DownloadContext,
): Promise<Fetched> {
	const { target, url, log, signal, hedged } = given;
	const { parts, writer, activity } = context;
	const { ifExists } = context.options;
	const conditions = given.isUpdate ? conditionsOf(target) : undefined;
	const progress = activity?.begin(target);
	const spec = { target, url, log, signal, hedged, progress, precondition: conditions };
	const retries = new RetryPolicy(spec, context);
	const named = target.naming?.metadataUrl === undefined ? target.naming : undefined;
	// Both change once, if the response gives the file its name.
	let file = given;
	let { dest } = given;
	let part: Part | undefined;
	let bytesBefore = 0;
	const receiveNamed = async (response: HttpResponse, naming: Naming): Promise<Received> => {
		const { nameFromResponse } = await import('./response-name.ts');
		const { isSkipped, ...own } = await nameFromResponse(response, target, naming, context);
		({ dest } = own);
		file = { ...given, dest };
		return isSkipped
			? { fetched: { status: 'skipped' } }
			: await receiveBody(response, file, undefined, undefined, context);
	};
	try {
		for (;;) {
			// Set once a response has valid content; after that only saving can fail.
			let attempt: AttemptTimer | undefined;
			try {
				if ((named === undefined || file !== given) && parts.hasKept(dest)) {
					part = await claimPart(dest, url.href, parts);
				}
				bytesBefore = part?.bytes ?? 0;
				spec.precondition = part === undefined ? conditions : rangeOf(part);
				const received = await request(spec, context, (response) => {
					const claimed = part;
					part = undefined;
					return named === undefined || file !== given
						? receiveBody(response, file, claimed, spec.precondition, context)
						: receiveNamed(response, named);
				});
				({ attempt } = received);
				const { unsaved, fetched } = received.value;
				if (unsaved !== undefined) {
					const isKept = keepsAppeared(target, dest, ifExists);
					if (isKept !== false && (await isKept)) {
						attempt.written();
						return { status: 'skipped', dest };
					}
					const modifiedMs = modifiedTime(fetched.lastModified, context.options);
					await writer.save(unsaved, modifiedMs, file);
				}
				attempt.written();
				return file === given ? fetched : { ...fetched, dest };
			} catch (error) {
				if (error instanceof DownloadError) {
					attempt?.failed(error.code);
				}
				// A request without a response leaves the part unchanged.
				if (part !== undefined) {
					await keepPart(dest, url.href, part, parts);
					part = undefined;
				}
				if (parts.hasKept(dest) && keptBytes(dest, url.href, parts) > bytesBefore) {
					retries.restartTime();
				}
				await retries.waitOrThrow(error);
			}
		}
	} finally {
		if (progress !== undefined) {
			activity?.end(progress);
		}
	}
}

/** @returns Undefined without validators of an earlier version. */
function conditionsOf(target: Target): Precondition | undefined {
	const { url = target.url, etag, lastModified } = target.validators ?? {};
	if ((etag ?? lastModified) === undefined) {
		return undefined;
	}
	return {
		url: parseUrl(target, url).href,
		isRange: false,
		fields: {
			...(etag !== undefined && { 'if-none-match': etag }),
			...(lastModified !== undefined && { 'if-modified-since': lastModified }),
		},
	};
}

/** Requests the rest of the same version, or else the whole file. */
function rangeOf({ bytes, version: { servedUrl, validator } }: Part): Precondition {
	return {
		url: servedUrl,
		isRange: true,
		fields: { range: `bytes=${bytes}-`, 'if-range': validator },
	};
}
