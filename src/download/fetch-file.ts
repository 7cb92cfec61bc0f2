import { type Answer, drain } from './answer.ts';
import type { Consume, Request } from './attempt.ts';
import type { DownloadContext } from './context.ts';
import { DownloadError } from './download-error.ts';
import { type Destination, type Received, receive } from './receive.ts';
import { claimPart, keepPart, type Part } from './resume.ts';
import { retrying } from './retrying.ts';
import type { Tally } from './tally.ts';

export interface Fetched extends Partial<Received> {
	readonly status: 'ok' | 'unchanged';
	readonly etag?: string;
	readonly lastModified?: string;
}

export interface FetchOptions {
	readonly url: URL;
	readonly into: Destination;
	/** Ask only for what has changed since: the target's validators. */
	readonly conditional: boolean;
	readonly tally: Tally;
	onFailure(error: DownloadError): void;
}

/**
 * Fetches one URL into its destination, with retries, resuming what is there of a large file.
 *
 * @throws {DownloadError}
 */
export async function fetchFile(options: FetchOptions, context: DownloadContext): Promise<Fetched> {
	const { url, into, tally } = options;
	const { target, dest, signal } = into;
	return await retrying(
		async () => {
			const part = context.folders.isFresh(dest) ? undefined : await claimPart(dest);
			const headers = part === undefined ? conditions(options) : rangeOf(part);
			const request: Request = { target, url, headers, tally, signal, range: part !== undefined };
			const state = { part };
			const consume: Consume<Fetched> = async (answer) => {
				state.part = undefined;
				return await take(answer, options, part, context);
			};
			// An attempt that never came to its answer leaves the part as it was.
			const release = async () => {
				if (state.part !== undefined) await keepPart(dest, state.part);
			};
			return { request, consume, release };
		},
		context,
		(error) => options.onFailure(error),
	);
}

const NOT_ASKED = '304 Not Modified, though nothing was asked to be compared';

function conditions({ conditional, into }: FetchOptions): Record<string, string> {
	const { etag, lastModified } = into.target.validators ?? {};
	if (!conditional) return {};
	return {
		...(etag !== undefined && { 'if-none-match': etag }),
		...(lastModified !== undefined && { 'if-modified-since': lastModified }),
	};
}

function rangeOf({ bytes, validator }: Part): Record<string, string> {
	return { range: `bytes=${bytes}-`, 'if-range': validator };
}

async function take(
	answer: Answer,
	{ into, conditional }: FetchOptions,
	part: Part | undefined,
	{ folders }: DownloadContext,
): Promise<Fetched> {
	const validators = validatorsOf(answer);
	if (answer.status === 304 && conditional) {
		await drain(answer.exchange);
		return { status: 'unchanged', ...validators };
	}
	const goesOn = part !== undefined && answer.status === 206;
	if (goesOn || answer.status === 206 || answer.status === 416)
		await checkRange(answer, into, part);
	// 200: the file has changed since, or the server does not do ranges. It starts over.
	if (part !== undefined && !goesOn) await part.file.discard();
	if (answer.status === 304) throw new DownloadError(into.target, NOT_ASKED, { code: 'http_304' });
	const received = await receive(answer, into, goesOn ? part : undefined, folders);
	return { status: 'ok', ...received, ...validators };
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-14.4 | RFC 9110, section 14.4} */
async function checkRange(
	answer: Answer,
	{ target }: Destination,
	part: Part | undefined,
): Promise<void> {
	const found = answer.headers['content-range'];
	const [, start, last, size] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(found ?? '') ?? [];
	const whole = size === '*' || Number(last) + 1 === Number(size);
	if (answer.status === 206 && part !== undefined && Number(start) === part.bytes && whole) return;
	await drain(answer.exchange);
	await part?.file.discard();
	const asked = part === undefined ? 'no range' : `bytes from ${part.bytes}`;
	const message = `asked for ${asked}, got ${answer.status} with Content-Range: ${found ?? 'none'}`;
	throw new DownloadError(target, message, { code: 'bad_range' });
}

function validatorsOf({ headers }: Answer): { etag?: string; lastModified?: string } {
	const { etag, 'last-modified': lastModified } = headers;
	return {
		...(etag !== undefined && { etag }),
		...(lastModified !== undefined && { lastModified }),
	};
}
