import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../download/options.ts';
import type { Outcome } from '../download/outcome.ts';
import { strategies } from '../strategies/index.ts';
import type { LocalStrategyName } from '../strategies/names.ts';
import { isReservedName } from '../targets/safe-path.ts';
import type { Target, Validators } from '../targets/target.ts';
import { mergeCredentials, splitUserInfo } from '../targets/url.ts';

/** One file to fetch, as a caller of the library names it. */
export interface TargetInput {
	readonly url: string;
	/** Path of the file, absolute or from the working directory. */
	readonly dest: string;
	/** What the outcome is to be known by.
	 * @defaultValue the URL */
	readonly id?: string;
	/** Expected SHA-256 of the content, 64 hexadecimal digits. */
	readonly sha256?: string;
	/** Further URLs of the same content, in the order in which they are tried. */
	readonly mirrors?: readonly string[];
	/** Makes the request of `ifExists: 'update'` a conditional one. */
	readonly validators?: Validators;
}

/** How to download; every member has the default of the command line. */
export interface DownloadSettings extends Partial<DownloadOptions> {
	/** @defaultValue `async` */
	readonly strategy?: LocalStrategyName;
	/** Requests in flight at once.
	 * @defaultValue 16 */
	readonly concurrency?: number;
	/** Worker threads of the strategy `threads`.
	 * @defaultValue the number of cores, never more than `concurrency` */
	readonly threads?: number;
	/** Ends the run: what is not there yet becomes `cancelled`. */
	readonly signal?: AbortSignal;
}

/**
 * Downloads files and yields what became of each, in the order in which they end.
 *
 * Targets are pulled as they are needed; a source without end is fine. A `break` ends what is in
 * flight. Failed downloads are outcomes, not errors.
 *
 * @throws {RangeError} If concurrency or threads are not whole numbers of at least 1, or a `dest` has a
 *   name in it that flagdl itself needs: `.flagdl`, `.flagdl-state.json`, `.flagdl-worker`.
 *
 * @example
 * ```ts
 * for await (const { target, status, failure } of download(targets, { concurrency: 32 })) {
 *   console.log(target.id, status, failure?.message ?? '');
 * }
 * ```
 */
export async function* download(
	targets: Iterable<TargetInput> | AsyncIterable<TargetInput>,
	settings: DownloadSettings = {},
): AsyncGenerator<Outcome, void, undefined> {
	const { strategy = 'async', concurrency = 16, threads, signal, ...options } = settings;
	atLeastOne('concurrency', concurrency);
	if (threads !== undefined) {
		atLeastOne('threads', threads);
	}
	yield* strategies[strategy](numbered(targets), {
		options: { ...DEFAULT_OPTIONS, ...options },
		concurrency,
		threads: Math.min(threads ?? availableParallelism(), concurrency),
		signal: signal ?? new AbortController().signal,
	});
}

async function* numbered(
	targets: Iterable<TargetInput> | AsyncIterable<TargetInput>,
): AsyncGenerator<Target> {
	let index = 0;
	for await (const { id, url: given, dest, sha256, mirrors, ...rest } of targets) {
		const reserved = dest.split(/[\\/]/).find(isReservedName);
		if (reserved !== undefined) {
			throw new RangeError(
				`dest must not have ${reserved} in it, found ${dest}: flagdl itself needs that name`,
			);
		}
		const { url, ...own } = splitUserInfo(given);
		const others = mirrors?.map(splitUserInfo);
		const credentials = mergeCredentials([...(others ?? []), own].map((said) => said.credentials));
		yield {
			...rest,
			...(others && { mirrors: others.map((mirror) => mirror.url) }),
			...(credentials !== undefined && { credentials }),
			id: id ?? url,
			index,
			url,
			dest: resolve(dest),
			...(sha256 !== undefined && { sha256: sha256.toLowerCase() }),
		};
		index += 1;
	}
}

function atLeastOne(name: string, value: number): void {
	if (!Number.isInteger(value) || value < 1) {
		throw new RangeError(`${name} must be a whole number of at least 1, found ${value}`);
	}
}
