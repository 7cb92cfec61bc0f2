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

/** One file to download. */
export interface TargetInput extends ContentDigests {
	readonly url: string;
	/** Path of the file, absolute or relative to `dir`.
	 * @defaultValue the last segment of the URL, made safe; `index.html` if the URL ends in a slash */
	readonly dest?: string;
	/** Identifies the target in its outcome.
	 * @defaultValue the URL */
	readonly id?: string;
	/** Alternative URLs of the same content, in the order in which they are tried. */
	readonly mirrors?: readonly string[];
	/** Makes the request of `ifExists: 'update'` conditional. */
	readonly validators?: Validators;
	/** User names and passwords by origin, in addition to those in URLs. */
	readonly credentials?: Credentials;
	/** Sent only to the origin of `url`. */
	readonly headers?: HeaderFields;
}

/** Targets, or plain URLs. */
export type TargetInputs =
	| Iterable<string | URL | TargetInput>
	| AsyncIterable<string | URL | TargetInput>;

const nameInUrl = outputTemplate('{basename}');

/** Turns the inputs of a caller into targets as they are pulled. */
export class TargetReader {
	/** Outcomes of targets that cannot be downloaded; the consumer removes them. */
	readonly refused: Outcome[] = [];
	readonly #given: TargetInputs;
	readonly #dir: string;
	readonly #signal: AbortSignal;
	readonly #destsWithUrls = new TextIndex();
	readonly #folders = new FilesAndFolders();
	#count = 0;
	#isRead = false;

	/** @throws {TypeError} If the inputs are not iterable. */
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

	/** Number of targets; undefined until it is known. */
	get total(): number | undefined {
		if (Array.isArray(this.#given)) {
			return this.#given.length;
		}
		return this.#isRead ? this.#count : undefined;
	}

	/** @throws {TypeError} If an input is invalid. */
	async *targets(): AsyncGenerator<Target, void, undefined> {
		for await (const input of pulled(this.#given, this.#signal)) {
			const given = input instanceof URL ? input.href : input;
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
		const { url, ...login } = splitUserInfo(withUserInfo);
		const others = mirrors?.map(splitUserInfo);
		const credentials = mergeCredentials(
			[...(others ?? []), login, { credentials: own }].map(({ credentials }) => credentials),
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
		if (named === undefined) {
			return undefined;
		}
		const problem = this.#folders.claim(named.dest);
		if (problem !== undefined) {
			this.#refuse(named, 'destination_taken', problem);
			return undefined;
		}
		this.#destsWithUrls.add(destWithUrl(named));
		return named;
	}

	/** Names the file after its URL; refuses the target if that is impossible. */
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

	/** Whether another URL has the destination; the same URL may be repeated. */
	#isTaken(target: Target): boolean {
		return (
			this.#folders.hasFile(target.dest) &&
			this.#destsWithUrls.find(destWithUrl(target)) === undefined
		);
	}

	#refuse(target: Target, code: string, message: string): void {
		const failure = { code, message, causes: [] };
		this.refused.push(endedOutcome(target, 'error', { failure }));
	}
}

/** The files and folders of a run, at some 20 bytes each. */
class FilesAndFolders {
	readonly #files = new TextIndex();
	readonly #folders = new TextIndex();
	/** Folder of the last file. */
	#folder = '';

	hasFile(dest: string): boolean {
		return this.#files.find(comparablePath(dest)) !== undefined;
	}

	/** @returns Why the destination conflicts with an earlier one. */
	claim(dest: string): string | undefined {
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

function destWithUrl({ dest, url }: Target): string {
	return `${comparablePath(dest)}\n${url}`;
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
 * Iterates a source until the signal aborts. An array is always read to its end, so that each of its targets
 * has an outcome; other sources may be infinite, or never settle.
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
		// A generator with a pending `next()` would settle `return()` only after it.
		void Promise.resolve(iterator.return?.()).catch(() => {});
	} finally {
		if (!isOver) {
			await iterator.return?.();
		}
	}
}
