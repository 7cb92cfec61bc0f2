import type { Place } from '../targets/place.ts';
import type { Target } from '../targets/target.ts';
import type { Mutable } from '../util/types.ts';
import { type Answer, drain } from './answer.ts';
import type { DownloadContext } from './context.ts';
import { claimPart, keepPart, type Part } from './disk/kept-parts.ts';
import { save } from './disk/save.ts';
import { DownloadError } from './download-error.ts';
import type { Lane } from './mirrors.ts';
import type { OutcomeStatus } from './outcome.ts';
import { parseUrl } from './parse-url.ts';
import { type Destination, receive } from './receive.ts';
import { resumedPart } from './resume.ts';
import { type Fetch, PartRefused, retrying } from './retrying.ts';
import type { Tally } from './tally.ts';

export interface Fetched {
	readonly status: Extract<OutcomeStatus, 'ok' | 'unchanged'>;
	readonly bytes?: number;
	readonly sha256?: string;
	readonly etag?: string;
	readonly lastModified?: string;
	readonly servedUrl?: string;
}

export interface FetchOptions {
	readonly place: Place;
	readonly into: Destination;
	/** Ask only for what has changed since: the target's validators. */
	readonly conditional: boolean;
	readonly tally: Tally;
	readonly lane: Lane | undefined;
}

/**
 * Fetches one URL into its destination, with retries, resuming what is there of a large file.
 *
 * @throws {DownloadError}
 */
export function fetchFile(options: FetchOptions, context: DownloadContext): Promise<Fetched> {
	return retrying(new FileFetch(options, context), context);
}

const NOT_ASKED = '304 Not Modified, though nothing was asked to be compared';

class FileFetch implements Fetch<Fetched> {
	readonly target: Target;
	readonly place: Place;
	readonly tally: Tally;
	readonly signal: AbortSignal;
	readonly startNextMirror: (() => void) | undefined;
	readonly #options: FetchOptions;
	readonly #context: DownloadContext;
	/** What is there of the file, from before or from the last attempt. */
	#part: Part | undefined;
	#unsaved: Buffer | undefined;

	constructor(options: FetchOptions, context: DownloadContext) {
		this.target = options.into.target;
		this.place = options.place;
		this.tally = options.tally;
		this.signal = options.into.signal;
		this.startNextMirror = options.lane?.stumble;
		this.#options = options;
		this.#context = context;
	}

	headersFor(url: string): Readonly<Record<string, string>> | undefined {
		const part = this.#part;
		if (part === undefined) {
			return this.#options.conditional ? conditionsFor(url, this.target) : undefined;
		}
		const { servedUrl, validator } = part.version;
		return url === servedUrl ? { range: `bytes=${part.bytes}-`, 'if-range': validator } : undefined;
	}

	asksRangeOf(url: string): boolean {
		return this.#part?.version.servedUrl === url;
	}

	prepare(): Promise<void> | undefined {
		const { dest } = this.#options.into;
		return this.#context.parts.hasKept(dest) ? this.#claimPart(dest) : undefined;
	}

	async #claimPart(dest: string): Promise<void> {
		this.#part = await claimPart(dest, this.place.href, this.#context.parts);
	}

	/** An attempt that never came to its answer leaves the part as it was. */
	release(): Promise<void> | undefined {
		const part = this.#part;
		this.#part = undefined;
		const { dest } = this.#options.into;
		return part && keepPart(dest, this.place.href, part, this.#context.parts);
	}

	onFailure(): void {
		this.startNextMirror?.();
	}

	async take(answer: Answer): Promise<Fetched> {
		const { into } = this.#options;
		const { exchange, status } = answer;
		const part = this.#part;
		this.#part = undefined;
		if (status === 304 && part === undefined && this.headersFor(answer.url) !== undefined) {
			await drain(exchange);
			return withValidators({ status: 'unchanged' }, answer, this.target);
		}
		const resumed = status === 206 && part !== undefined ? resumedPart(part, answer) : undefined;
		if (resumed === undefined) {
			// Of another version, or of none that can be told: it starts over.
			await part?.file.discard();
			await refuseIncomplete(answer, into, part);
		}
		const { parts } = this.#context;
		const { bytes, sha256, unsaved } = await receive(answer, into, this.place.href, resumed, parts);
		this.#unsaved = unsaved;
		const fetched: Mutable<Fetched> = { status: 'ok', bytes };
		if (sha256 !== undefined) {
			fetched.sha256 = sha256;
		}
		return withValidators(fetched, answer, this.target);
	}

	/** Small content is still in memory. */
	finish(): Promise<void> | undefined {
		const content = this.#unsaved;
		this.#unsaved = undefined;
		return content && save(content, this.#options.into, this.#context);
	}
}

/** @returns Undefined if nothing is known that came from this URL. */
function conditionsFor(url: string, target: Target): Record<string, string> | undefined {
	const { url: from = target.url, etag, lastModified } = target.validators ?? {};
	if ((etag ?? lastModified) === undefined || parseUrl(target, from).href !== url) {
		return undefined;
	}
	return {
		...(etag !== undefined && { 'if-none-match': etag }),
		...(lastModified !== undefined && { 'if-modified-since': lastModified }),
	};
}

/** @throws {DownloadError} If this is no answer with the whole file. */
async function refuseIncomplete(
	{ status, fields, exchange }: Answer,
	{ target }: Destination,
	part: Part | undefined,
): Promise<void> {
	const range = fields.get('content-range');
	if (status !== 206 && status !== 304 && status !== 416 && range === undefined) {
		return;
	}
	await drain(exchange);
	if (status === 304 && part === undefined) {
		throw new DownloadError(target, NOT_ASKED, { code: 'http_304' });
	}
	const found = `got ${status} with Content-Range: ${range ?? 'none'}`;
	if (part === undefined) {
		throw new DownloadError(target, `asked for no range, ${found}`, { code: 'bad_range' });
	}
	throw new PartRefused(target, `asked for bytes from ${part.bytes} of the same version, ${found}`);
}

function withValidators(
	fetched: Mutable<Fetched>,
	{ fields, url }: Answer,
	target: Target,
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
