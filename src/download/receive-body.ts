import type { ParsedUrl } from '../targets/url.ts';
import type { Mutable } from '../util/members.ts';
import type { Body, DecodedBody } from './content/body.ts';
import { isCoded } from './content/codings.ts';
import {
	BufferedContent,
	type Digested,
	parseReprDigest,
	StreamedContent,
} from './content/content.ts';
import {
	algorithmsOf,
	type ContentChecks,
	contentChecks,
	needsDigest,
	tooLarge,
	verify,
	type WantedFile,
} from './content/verify.ts';
import type { DownloadContext } from './context.ts';
import { keepsAppeared } from './disk/existing-file.ts';
import { keepPart, type Part } from './disk/kept-parts.ts';
import { append, PartFile } from './disk/part-file.ts';
import { fileError, LostRace, PartRefused } from './errors.ts';
import { drain, type HttpResponse, modifiedTime } from './http/response.ts';
import type { HedgedRequest } from './mirrors.ts';
import type { Outcome } from './outcome.ts';
import type { Precondition } from './request.ts';
import { checkCompleteLength, refuseIncomplete, resumedPart, versionOf } from './resume.ts';

/** Up to this size, content is buffered in memory and written at once. */
const SMALL_BYTES = 64 * 1024;
/** Larger content is written in batches of at least this size. */
const BATCH_BYTES = 128 * 1024;

/** A file and one URL to download it from. */
export interface FileSource extends WantedFile {
	readonly url: ParsedUrl;
	readonly signal: AbortSignal;
	/** The request's part in the race, if the target has mirrors. */
	readonly hedged: HedgedRequest | undefined;
}

/** Result of a file that was downloaded, or is unchanged. */
export type Fetched = Pick<Outcome, 'status' | 'sha256' | 'etag' | 'lastModified' | 'servedUrl'> &
	/** `dest` only if the response named the file. */
	Partial<Pick<Outcome, 'dest' | 'bytes'>>;

export interface Received {
	readonly fetched: Fetched;
	/** Small verified content that is still to be saved; absent: the file has its final name. */
	readonly unsaved?: Buffer | undefined;
}

/**
 * Receives and verifies the content of a response; it never saves invalid content.
 *
 * Usually all content arrives with the header and is then read synchronously: a promise costs 1 µs.
 *
 * @param part - The kept part, if a range was requested. The call takes ownership of it.
 * @throws {DownloadError}
 */
export function receiveBody(
	response: HttpResponse,
	file: FileSource,
	part: Part | undefined,
	precondition: Precondition | undefined,
	context: DownloadContext,
): Received | Promise<Received> {
	const { status, exchange } = response;
	if (status !== 200 || !exchange.isWhole || exchange.bytes > SMALL_BYTES || part !== undefined) {
		return receiveContent(response, file, part, precondition, context);
	}
	const checks = checksOf(response, file, undefined, undefined, context);
	return isCoded(checks.codings)
		? receiveContent(response, file, part, precondition, context)
		: verified(response, file, checks, joined(exchange.take()), undefined);
}

/** Streams content; large content goes to a part file. */
async function receiveContent(
	response: HttpResponse,
	file: FileSource,
	kept: Part | undefined,
	precondition: Precondition | undefined,
	context: DownloadContext,
): Promise<Received> {
	const header = await readHeader(response, file, kept, precondition, context);
	if ('fetched' in header) {
		return header;
	}
	const { checks, resumed } = header;
	const { exchange } = response;
	let decoded: DecodedBody | undefined;
	const content = new StreamedContent(algorithmsOf(checks), checks.format);
	const waiting: Buffer[] = [];
	let part = resumed?.file;
	try {
		if (isCoded(checks.codings)) {
			const coded = await import('./content/body.ts');
			decoded = new coded.DecodedBody(exchange, checks);
		}
		const body: Body = decoded ?? exchange;
		await resumed?.file.read(resumed.bytes, (chunk) => content.update(chunk));
		while (!body.isConsumed) {
			const chunks = await body.read(part === undefined ? 1 : BATCH_BYTES);
			waiting.push(...(chunks ?? []));
			if (part === undefined && body.bytes <= SMALL_BYTES) {
				continue;
			}
			part ??= await PartFile.create(file.dest, context.parts);
			await append(part, content, waiting.splice(0));
			checkSize(content.bytes, checks);
		}
		if (resumed === undefined) {
			// Chunked content has no length, so a partial response is detected only now.
			refuseIncomplete(response, file.target, kept, exchange.bytes);
		}
		if (part === undefined) {
			return verified(response, file, checks, joined(waiting), decoded?.encoded);
		}
		checkCompleteLength(content.bytes, resumed, file.target);
		const received = verified(response, file, checks, content, decoded?.encoded);
		const isKept = keepsAppeared(file.target, file.dest, context.options.ifExists);
		if (isKept !== false && (await isKept)) {
			await part.discard();
			return { fetched: { status: 'skipped' } };
		}
		// A 206 need not repeat the fields of the first response.
		const lastModified = received.fetched.lastModified ?? resumed?.version.lastModified;
		await part.moveTo(file.dest, modifiedTime(lastModified, context.options));
		return received;
	} catch (error) {
		await decoded?.close();
		const version = decoded === undefined ? (resumed?.version ?? versionOf(response)) : undefined;
		const wasCutOff = error instanceof Error && exchange.failedWith(error);
		// Keep only truncated content; invalid content would stay invalid.
		if (part !== undefined && wasCutOff && !file.signal.aborted && version !== undefined) {
			const cutOff = { file: part, bytes: content.bytes, version };
			await keepPart(file.dest, file.url.href, cutOff, context.parts);
		} else {
			await part?.discard();
		}
		throw wasCutOff ? error : fileError(file.target, 'write', file.dest, error);
	}
}

/**
 * Evaluates the header of a response.
 *
 * @returns The result of an unchanged file; otherwise the checks, and `resumed` if the content is the rest of the part.
 */
async function readHeader(
	response: HttpResponse,
	file: FileSource,
	part: Part | undefined,
	precondition: Precondition | undefined,
	context: DownloadContext,
): Promise<Received | { readonly checks: ContentChecks; readonly resumed: Part | undefined }> {
	const { status, exchange, url } = response;
	if (status === 304 && part === undefined && precondition?.url === url) {
		await drain(exchange);
		return { fetched: withValidators({ status: 'unchanged' }, response, file) };
	}
	const resumed = status === 206 && part !== undefined ? resumedPart(part, response) : undefined;
	if (part !== undefined && resumed === undefined) {
		// The response is of another or an unknown version: start over.
		await part.file.discard();
	}
	try {
		return { checks: checksOf(response, file, part, resumed, context), resumed };
	} catch (error) {
		await resumed?.file.discard();
		await drain(exchange);
		throw error;
	}
}

/**
 * @param part - The part whose rest was requested; `resumed` if the response has that rest.
 * @throws {DownloadError} If the response cannot have the wanted content.
 */
function checksOf(
	response: HttpResponse,
	file: FileSource,
	part: Part | undefined,
	resumed: Part | undefined,
	{ options }: DownloadContext,
): ContentChecks {
	if (resumed === undefined) {
		refuseIncomplete(response, file.target, part);
	}
	const checks = contentChecks(response, file, options);
	if (resumed === undefined) {
		return checks;
	}
	if (isCoded(checks.codings)) {
		throw new PartRefused(file.target, 'asked for the rest of a part, got it in a coding');
	}
	return { ...checks, digest: checks.digest ?? parseReprDigest(resumed.version.reprDigest) };
}

/** Verifies complete content, then wins the race of the mirrors. */
function verified(
	response: HttpResponse,
	file: FileSource,
	checks: ContentChecks,
	content: Buffer | StreamedContent,
	encoded: Digested | undefined,
): Received {
	const seen = content instanceof StreamedContent ? content : new BufferedContent(content);
	checkSize(seen.bytes, checks);
	verify(checks, seen, encoded);
	if (file.hedged?.win() === false) {
		throw new LostRace(file.target);
	}
	const fetched: Mutable<Fetched> = { status: 'ok', bytes: seen.bytes };
	const sha256 = needsDigest(checks, 'sha256') ? seen.digestHex('sha256') : undefined;
	if (sha256 !== undefined) {
		fetched.sha256 = sha256;
	}
	return {
		fetched: withValidators(fetched, response, file),
		unsaved: content instanceof StreamedContent ? undefined : content,
	};
}

function joined(chunks: Buffer[]): Buffer {
	const [first] = chunks;
	return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}

function checkSize(bytes: number, { target, maxBytes }: ContentChecks): void {
	if (bytes > maxBytes) {
		throw tooLarge(target, bytes, maxBytes);
	}
}

function withValidators(
	fetched: Mutable<Fetched>,
	{ fields, url }: HttpResponse,
	{ target }: FileSource,
): Fetched {
	const etag = fields.get('etag');
	const lastModified = fields.get('last-modified');
	if (etag !== undefined) {
		fetched.etag = etag;
	}
	if (lastModified !== undefined) {
		fetched.lastModified = lastModified;
	}
	if (url !== target.url) {
		fetched.servedUrl = url;
	}
	return fetched;
}
