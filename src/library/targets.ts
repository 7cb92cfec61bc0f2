import { resolve, sep } from 'node:path';
import { endedOutcome, type Outcome } from '../download/outcome.ts';
import { comparablePath, foldersOf } from '../targets/check-targets.ts';
import { type ContentDigests, DIGEST_ALGORITHMS } from '../targets/digests.ts';
import { TextIndex } from '../targets/hash-set.ts';
import type { HeaderFields } from '../targets/header-field.ts';
import { outputTemplate } from '../targets/output-template.ts';
import { isReservedName } from '../targets/safe-path.ts';
import type { Credentials, Target, Validators } from '../targets/target.ts';
import { mergeCredentials, readPlace, splitUserInfo } from '../targets/url.ts';
import { UsageError } from '../util/errors.ts';
import { Aborted, unlessAborted } from '../util/promises.ts';
import { explainInput } from '../util/suggest.ts';
import { check, targetInput } from './settings.ts';

/** One file to fetch, as a caller of the library names it. */
export interface TargetInput extends ContentDigests {
	readonly url: string;
	/** Path of the file, absolute or from `dir`.
	 * @defaultValue the name in the URL, made safe; `index.html` if it ends in a slash */
	readonly dest?: string;
	/** What the outcome is to be known by.
	 * @defaultValue the URL */
	readonly id?: string;
	/** Further URLs of the same content, in the order in which they are tried. */
	readonly mirrors?: readonly string[];
	/** Makes the request of `ifExists: 'update'` a conditional one. */
	readonly validators?: Validators;
	/** Users and passwords that are not in the URLs, by origin. */
	readonly credentials?: Credentials;
	/** Of requests to the origin of `url`, and to no other. */
	readonly headers?: HeaderFields;
}

/** Targets, or URLs alone. */
export type TargetInputs = Iterable<string | TargetInput> | AsyncIterable<string | TargetInput>;

const nameInUrl = outputTemplate('{basename}');

/** Reads what a caller gives, as it is pulled. */
export class TargetReader {
	/** Of those that cannot be downloaded; emptied when they are told. */
	readonly refused: Outcome[] = [];
	readonly #given: TargetInputs;
	readonly #dir: string;
	readonly #signal: AbortSignal;
	readonly #names = new TextIndex();
	readonly #namesWithUrls = new TextIndex();
	readonly #folders = new FilesAndFolders();
	#count = 0;
	#isRead = false;

	/** @throws {TypeError} If it is no list. */
	constructor(given: unknown, dir: string, signal: AbortSignal) {
		const isList =
			typeof given === 'object' &&
			given !== null &&
			(Symbol.iterator in given || Symbol.asyncIterator in given);
		if (!isList) {
			const found = given === null ? 'null' : `a value of type ${typeof given}`;
			throw new TypeError(
				`targets: ${explainInput(found, "a list of URLs or targets, such as ['https://example.org/a.gif']")}`,
			);
		}
		this.#given = given as TargetInputs;
		this.#dir = dir;
		this.#signal = signal;
	}

	/** How many there are; undefined until it is known. */
	get total(): number | undefined {
		if (Array.isArray(this.#given)) {
			return this.#given.length;
		}
		return this.#isRead ? this.#count : undefined;
	}

	/** @throws {TypeError} If one is no target. */
	async *targets(): AsyncGenerator<Target, void, undefined> {
		for await (const given of pulled(this.#given, this.#signal)) {
			const index = this.#count;
			this.#count += 1;
			check(`targets[${index}]`, targetInput, given);
			const target = this.#tryResolve(typeof given === 'string' ? { url: given } : given, index);
			if (target !== undefined) {
				yield target;
			}
		}
		this.#isRead = true;
	}

	#tryResolve(given: TargetInput, index: number): Target | undefined {
		const { id, url: withUserInfo, dest, mirrors, credentials: own, ...rest } = given;
		const { url, ...said } = splitUserInfo(withUserInfo);
		const others = mirrors?.map(splitUserInfo);
		const credentials = mergeCredentials(
			[...(others ?? []), said, { credentials: own }].map((one) => one.credentials),
		);
		const target = {
			...rest,
			...digestsOf(given),
			...(given.headers && { headers: inLowerCase(given.headers) }),
			...(others && { mirrors: others.map((mirror) => mirror.url) }),
			...(credentials !== undefined && { credentials }),
			id: id ?? url,
			index,
			url,
			dest: resolve(this.#dir, dest ?? ''),
		};
		const named = dest === undefined ? this.#named(target) : checkReserved(target, dest);
		const problem = named && this.#folders.take(named.dest);
		if (named === undefined || problem === undefined) {
			return named;
		}
		this.#refuse(named, 'destination_taken', problem);
		return undefined;
	}

	/** Saved by its name in the URL. */
	#named(target: Target): Target | undefined {
		try {
			const place = readPlace(target.url);
			const dest = resolve(this.#dir, nameInUrl({ code: undefined, place, index: target.index }));
			const named = { ...target, dest };
			if (this.#isTaken(named)) {
				const message = `another URL of this run is saved as ${dest}; give one of them a dest`;
				this.#refuse(named, 'destination_taken', message);
				return undefined;
			}
			return named;
		} catch (error) {
			if (!(error instanceof UsageError)) {
				throw error;
			}
			this.#refuse(target, 'bad_url', error.message);
			return undefined;
		}
	}

	/** By another URL: the same one may be asked for again. */
	#isTaken({ dest, url }: Target): boolean {
		const key = comparablePath(dest);
		const isNew = isAdded(this.#names, key);
		return isAdded(this.#namesWithUrls, `${key}\n${url}`) && !isNew;
	}

	#refuse(target: Target, code: string, message: string): void {
		const failure = { code, message, causes: [] };
		this.refused.push(endedOutcome(target, 'error', { failure }));
	}
}

/** The files of a run, and the folders that they are in: some 20 bytes for each. */
class FilesAndFolders {
	readonly #files = new TextIndex();
	readonly #folders = new TextIndex();
	/** That of the last file. */
	#folder = '';

	/** @returns Why a file cannot be there. */
	take(dest: string): string | undefined {
		const key = comparablePath(dest);
		if (this.#folders.find(key) !== undefined) {
			return `${dest} is the folder of another target of this run; give one of them another dest`;
		}
		const folder = key.slice(0, key.lastIndexOf(sep));
		if (folder !== this.#folder) {
			const folders = foldersOf(key);
			if (folders.some((one) => this.#files.find(one) !== undefined)) {
				return `another target of this run is saved where the folder of ${dest} would be; give one of them another dest`;
			}
			for (const one of folders) {
				this.#folders.add(one);
			}
			this.#folder = folder;
		}
		this.#files.add(key);
		return undefined;
	}
}

export function inLowerCase(fields: HeaderFields): HeaderFields {
	const entries = Object.entries(fields);
	return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
}

function digestsOf(given: TargetInput): ContentDigests {
	const digests = DIGEST_ALGORITHMS.map((name) => [name, given[name]?.toLowerCase()] as const);
	return Object.fromEntries(digests.filter(([, digest]) => digest !== undefined));
}

function isAdded(index: TextIndex, text: string): boolean {
	const before = index.length;
	index.add(text);
	return index.length > before;
}

/** @throws {RangeError} */
function checkReserved(target: Target, dest: string): Target {
	const reserved = dest.split(/[\\/]/).find(isReservedName);
	if (reserved !== undefined) {
		throw new RangeError(
			`dest must not have ${reserved} in it, found ${dest}: flagdl itself needs that name`,
		);
	}
	return target;
}

/**
 * What a source gives. Once the signal is aborted only an array is read on, so that each of its targets
 * has its outcome: another source may have no end, or never answer.
 */
async function* pulled<T>(
	source: Iterable<T> | AsyncIterable<T>,
	signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
	if (Array.isArray(source)) {
		yield* source as T[];
		return;
	}
	const iterator =
		Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
	let isOver = false;
	try {
		while (!signal.aborted) {
			const next = await unlessAborted(signal, Promise.resolve(iterator.next()));
			if (next.done === true) {
				isOver = true;
				return;
			}
			yield next.value;
		}
	} catch (error) {
		isOver = true;
		if (!(error instanceof Aborted)) {
			throw error;
		}
		// It has not answered, and would not answer this before it does.
		void Promise.resolve(iterator.return?.()).catch(() => {});
	} finally {
		if (!isOver) {
			await iterator.return?.();
		}
	}
}
