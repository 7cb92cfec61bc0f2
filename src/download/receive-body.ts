import type { Target } from '../targets/target.ts';
import type { ParsedUrl } from '../targets/url.ts';
import type { Mutable } from '../util/types.ts';
import { type Body, DecodedBody } from './content/body.ts';
import { isCoded } from './content/codings.ts';
import { BufferedContent, StreamedContent } from './content/content.ts';
import { parseReprDigest } from './content/digest.ts';
import {
	algorithmsOf,
	type ContentChecks,
	contentChecks,
	type Digested,
	tooLarge,
	verify,
	wants,
} from './content/verify.ts';
import type { DownloadContext } from './context.ts';
import type { Part, Version } from './disk/kept-parts.ts';
import { PartWriter } from './disk/part-writer.ts';
import type { PartsDirectory } from './disk/parts-directory.ts';
import { DownloadError, PartRefused } from './errors.ts';
import { parseLastModified } from './http/http-date.ts';
import { drain, type HttpResponse } from './http/response.ts';
import { type HedgedRequest, LostRace } from './mirrors.ts';
import type { OutcomeStatus } from './outcome.ts';
import type { Precondition } from './request.ts';
import { refuseIncomplete, resumedPart, versionOf } from './resume.ts';

/** Up to this size content is collected in memory and written in one go. */
const SMALL_BYTES = 64 * 1024;
/** What is larger is written in pieces of at least this size. */
const BATCH_BYTES = 128 * 1024;

/** A file to be had from one URL. */
export interface FileSource {
	readonly target: Target;
	/** Absolute path of its final name. */
	readonly dest: string;
	readonly url: ParsedUrl;
	/** Replace what is there by what has changed since, by the target's validators. */
	readonly isUpdate: boolean;
	readonly signal: AbortSignal;
	/** If the target has mirrors: what this URL is among them. */
	readonly hedged: HedgedRequest | undefined;
}

/** What is known of a file that has been downloaded, or has not changed. */
export interface Fetched {
	readonly status: Extract<OutcomeStatus, 'ok' | 'unchanged' | 'skipped'>;
	/** Absolute path of its final name, if the response has given it. */
	readonly dest?: string;
	readonly bytes?: number;
	readonly sha256?: string;
	readonly etag?: string;
	readonly lastModified?: string;
	readonly servedUrl?: string;
}

export interface Received {
	readonly fetched: Fetched;
	/** Small content that is right, and is still to be saved; absent: it has its final name. */
	readonly unsaved?: Buffer | undefined;
}

/**
 * Receives the content of a response: all of it, verified; or none of it.
 *
 * @param part - What is there already, if a range was asked for. It is used up.
 * @throws {DownloadError}
 */
export async function receiveBody(
	response: HttpResponse,
	file: FileSource,
	part: Part | undefined,
	precondition: Precondition | undefined,
	context: DownloadContext,
): Promise<Received> {
	const { status, exchange, url } = response;
	if (status === 304 && part === undefined && precondition?.url === url) {
		await drain(exchange);
		return { fetched: withValidators({ status: 'unchanged' }, response, file) };
	}
	const resumed = status === 206 && part !== undefined ? resumedPart(part, response) : undefined;
	if (part !== undefined && resumed === undefined) {
		// Of another version, or of none that can be told: it starts over.
		await part.file.discard();
	}
	const checks = checksOf(response, file, part, resumed, context);
	if (checks instanceof DownloadError) {
		await resumed?.file.discard();
		await drain(exchange);
		throw checks;
	}
	const decoded = isCoded(checks.codings) ? new DecodedBody(exchange, checks) : undefined;
	const body: Body = decoded ?? exchange;
	const small: Buffer[] = [];
	let large = resumed && (await PartWriter.resume(file, inPassing(checks), resumed));
	try {
		while (!body.isConsumed) {
			// Nearly always all of it has come with the header, and nothing is to be waited for.
			const chunks = body.isWhole
				? body.take()
				: await body.read(large === undefined ? 1 : BATCH_BYTES);
			if (large === undefined && body.bytes <= SMALL_BYTES) {
				small.push(...(chunks ?? []));
				continue;
			}
			large ??= await PartWriter.create(file, inPassing(checks), context.parts);
			await large.write([...small.splice(0), ...(chunks ?? [])]);
			checkSize(large.content.bytes, checks);
		}
		if (large === undefined) {
			return verified(response, file, checks, joined(small), decoded?.encoded);
		}
		checkCompleteLength(large.content.bytes, resumed, file.target);
		const received = verified(response, file, checks, large.content, decoded?.encoded);
		// A rest need not repeat what the beginning has said.
		const lastModified = received.fetched.lastModified ?? resumed?.version.lastModified;
		await large.finish(modifiedTime(lastModified, context));
		return received;
	} catch (error) {
		await decoded?.close();
		const version = decoded === undefined ? (resumed?.version ?? versionOf(response)) : undefined;
		await keepOrDiscard(large, response, file, version, error, context.parts);
		throw error;
	}
}

/**
 * @param part - The part whose rest was asked for; `resumed` if the response has that rest.
 * @returns Why it cannot be the content that is wanted, if so.
 */
function checksOf(
	response: HttpResponse,
	{ target, dest, url, isUpdate }: FileSource,
	part: Part | undefined,
	resumed: Part | undefined,
	{ options }: DownloadContext,
): ContentChecks | DownloadError {
	const { maxFilesizeBytes: maxBytes = Number.POSITIVE_INFINITY, contentCheck } = options;
	try {
		if (resumed === undefined) {
			refuseIncomplete(response, target, part);
		}
		const wanted = { target, dest, maxBytes, contentCheck, isUpdate, isRaw: options.raw };
		const checks = contentChecks(wanted, response, url.href);
		if (resumed === undefined) {
			return checks;
		}
		if (isCoded(checks.codings)) {
			throw new PartRefused(target, 'asked for the rest of a part, got it in a coding');
		}
		const digest = checks.digest ?? parseReprDigest(resumed.version.reprDigest);
		return { ...checks, digest };
	} catch (error) {
		if (error instanceof DownloadError) {
			return error;
		}
		throw error;
	}
}

/** Checks content that is there to its end, and wins the race of its mirrors. */
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
	const sha256 = wants(checks, 'sha256') ? seen.digestHex('sha256') : undefined;
	if (sha256 !== undefined) {
		fetched.sha256 = sha256;
	}
	return {
		fetched: withValidators(fetched, response, file),
		unsaved: content instanceof StreamedContent ? undefined : content,
	};
}

/** The time of a file, in milliseconds since the Unix epoch, if it is to be that of the server. */
export function modifiedTime(
	lastModified: string | undefined,
	{ options }: Pick<DownloadContext, 'options'>,
): number | undefined {
	return options.remoteTime && lastModified !== undefined
		? parseLastModified(lastModified)
		: undefined;
}

function inPassing(checks: ContentChecks): StreamedContent {
	return new StreamedContent(algorithmsOf(checks), checks.format);
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

/** A rest without a length of its own may end early, and nothing else tells. */
function checkCompleteLength(bytes: number, part: Part | undefined, target: Target): void {
	const completeBytes = part?.version.completeBytes ?? bytes;
	if (bytes !== completeBytes) {
		const message = `${bytes} bytes with the part from before, announced were ${completeBytes}`;
		throw new DownloadError(target, message, { code: 'length_mismatch' });
	}
}

/** Only content that was cut off is kept: what was wrong would stay wrong. */
async function keepOrDiscard(
	large: PartWriter | undefined,
	response: HttpResponse,
	{ url, signal }: FileSource,
	version: Version | undefined,
	error: unknown,
	parts: PartsDirectory,
): Promise<void> {
	const wasCutOff = error instanceof Error && response.exchange.failedWith(error);
	if (wasCutOff && !signal.aborted && version !== undefined) {
		await large?.keep(url.href, version, parts);
	} else {
		await large?.discard();
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
