import type { Target } from '../targets/target.ts';
import { type Answer, drain } from './answer.ts';
import { SeenInPassing, SeenWhole } from './content.ts';
import { parseReprDigest } from './digest.ts';
import { fileError } from './disk/file-error.ts';
import { keepPart, type Part, RESUME_MIN_BYTES } from './disk/kept-parts.ts';
import { PartFile } from './disk/part-file.ts';
import type { PartsDirectory } from './disk/parts-directory.ts';
import { DownloadError } from './download-error.ts';
import { versionOf } from './resume.ts';
import {
	algorithmsOf,
	type Expectation,
	expectationOf,
	tooLarge,
	verify,
	wants,
} from './verify.ts';

/** Up to this size content is collected in memory and written in one go. */
const SMALL_BYTES = 64 * 1024;
/** What is larger is written in pieces of at least this size. */
const BATCH_BYTES = 128 * 1024;

export interface Destination {
	readonly target: Target;
	readonly dest: string;
	readonly maxBytes: number;
	readonly signal: AbortSignal;
	/** Called when the content is whole and right; throws where another mirror was first. */
	claim(): void;
}

export interface Received {
	readonly bytes: number;
	readonly sha256?: string | undefined;
	/** Small content that is right, and is to be written with `save`; absent: it is written. */
	readonly unsaved?: Buffer;
}

/**
 * Takes the content of an answer: all of it, verified, under its final name; or none of it.
 *
 * @param part - What is there already, where the answer is a range (206).
 * @throws {DownloadError}
 */
export async function receive(
	answer: Answer,
	into: Destination,
	url: string,
	part: Part | undefined,
	parts: PartsDirectory,
): Promise<Received> {
	const { exchange } = answer;
	let expectation: Expectation;
	try {
		expectation = expectationOf(into, answer, url);
		if (part !== undefined && expectation.digest === undefined) {
			expectation = { ...expectation, digest: parseReprDigest(part.version.reprDigest) };
		}
	} catch (error) {
		await part?.file.discard();
		await drain(exchange);
		throw error;
	}
	const small: Buffer[] = [];
	while (part === undefined && exchange.bytes <= SMALL_BYTES) {
		// Nearly always all of it has come with the header, and nothing is to be waited for.
		const chunks = exchange.isWhole ? exchange.take() : await exchange.read();
		if (chunks !== undefined) {
			small.push(...chunks);
		}
		if (chunks === undefined || exchange.isWhole) {
			return whole(into, expectation, small);
		}
	}
	return await receiveLarge({ answer, into, url, expectation, part, parts }, small);
}

function whole(into: Destination, expectation: Expectation, chunks: Buffer[]): Received {
	const { target, maxBytes } = into;
	const [first] = chunks;
	const content = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
	if (content.length > maxBytes) {
		throw tooLarge(target, content.length, maxBytes);
	}
	const seen = new SeenWhole(content);
	verify(expectation, seen);
	into.claim();
	return { bytes: content.length, sha256: sha256Of(expectation, seen), unsaved: content };
}

interface LargeContent {
	readonly answer: Answer;
	readonly into: Destination;
	readonly url: string;
	readonly expectation: Expectation;
	readonly part: Part | undefined;
	readonly parts: PartsDirectory;
}

async function receiveLarge(content: LargeContent, first: Buffer[]): Promise<Received> {
	const { answer, into, expectation, part } = content;
	const { target, dest, maxBytes } = into;
	const seen = new SeenInPassing(algorithmsOf(expectation));
	const file = part?.file ?? (await createPart(content));
	try {
		if (part !== undefined) {
			await reread(part, seen);
		}
		for (let chunks: Buffer[] | undefined = first; chunks !== undefined; ) {
			const positionBytes = seen.bytes;
			for (const chunk of chunks) {
				seen.update(chunk);
			}
			if (seen.bytes > maxBytes) {
				throw tooLarge(target, seen.bytes, maxBytes);
			}
			await writeTo(file, chunks, positionBytes, into);
			chunks = await answer.exchange.read(BATCH_BYTES);
		}
		checkLength(content, seen.bytes);
		verify(expectation, seen);
		into.claim();
		await file.moveTo(dest).catch((error: unknown) => {
			throw fileError(target, 'write', dest, error);
		});
		return { bytes: seen.bytes, sha256: sha256Of(expectation, seen) };
	} catch (error) {
		await keepOrDiscard(content, file, seen.bytes, error);
		throw error;
	}
}

async function createPart({ into: { target, dest }, parts }: LargeContent): Promise<PartFile> {
	try {
		return await PartFile.create(dest, parts);
	} catch (error) {
		throw fileError(target, 'write', dest, error);
	}
}

async function reread({ file, bytes }: Part, seen: SeenInPassing): Promise<void> {
	const buffer = Buffer.alloc(256 * 1024);
	while (seen.bytes < bytes) {
		const read = await file.read(buffer, seen.bytes);
		seen.update(buffer.subarray(0, Math.min(read, bytes - seen.bytes)));
	}
}

async function writeTo(
	file: PartFile,
	chunks: Buffer[],
	positionBytes: number,
	{ target, dest }: Destination,
): Promise<void> {
	try {
		await file.write(chunks, positionBytes);
	} catch (error) {
		throw fileError(target, 'write', dest, error);
	}
}

/** A rest without a length of its own may end early, and nothing else tells. */
function checkLength({ into, part }: LargeContent, bytes: number): void {
	const completeBytes = part?.version.completeBytes ?? bytes;
	if (bytes !== completeBytes) {
		const message = `${bytes} bytes with the part from before, announced were ${completeBytes}`;
		throw new DownloadError(into.target, message, { code: 'length_mismatch' });
	}
}

/** Only content that was cut off is kept: what was wrong would stay wrong. */
async function keepOrDiscard(
	{ answer, into, url, part, parts }: LargeContent,
	file: PartFile,
	bytes: number,
	error: unknown,
): Promise<void> {
	const version = part?.version ?? versionOf(answer);
	const wasCutOff = error instanceof Error && answer.exchange.failedWith(error);
	const isWanted = wasCutOff && !into.signal.aborted && bytes >= RESUME_MIN_BYTES;
	if (isWanted && version !== undefined) {
		await keepPart(into.dest, url, { file, bytes, version }, parts);
	} else {
		await file.discard();
	}
}

function sha256Of(
	expectation: Expectation,
	seen: { digestHex(algorithm: string): string | undefined },
): string | undefined {
	return wants(expectation, 'sha256') ? seen.digestHex('sha256') : undefined;
}

/** Where another mirror had the content first. */
export class Beaten extends DownloadError {
	constructor(target: Target) {
		super(target, 'another mirror was first', { code: 'beaten' });
	}
}
