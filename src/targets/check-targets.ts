import { relative, sep } from 'node:path';
import { Problems, UsageError } from '../util/errors.ts';
import { quote } from '../util/text.ts';
import { hasDigest } from './digests.ts';
import { type BadEntry, type Entry, type Source, takeEntries } from './entry.ts';
import { HashList, hashOf } from './hash-set.ts';
import { isHarmlessField } from './header-field.ts';
import { type Plan, resolveTarget, unchanged } from './resolve-target.ts';
import type { Target } from './target.ts';

/** Counts from the first pass over a list. */
export interface CheckedTargets {
	readonly count: number;
	/** Number of country codes. */
	readonly codes: number;
	/** Number of targets with a digest. */
	readonly checksums: number;
	/** Number of targets with a login, or with a header field that may be a secret. */
	readonly secrets: number;
}

/**
 * Reads all entries once, so that every problem is known before the first request. Keeps 8 bytes for each
 * target, and for each folder that differs from that of the previous target.
 *
 * @param limit - Maximum number of targets.
 * @throws The signal's reason if it aborts.
 * @throws {UsageError} Lists every invalid entry, and every pair that shares a destination or needs it both as
 *   a file and as a folder.
 */
export async function checkTargets(
	source: Source,
	plan: Plan,
	limit: number = Number.POSITIVE_INFINITY,
	signal?: AbortSignal,
): Promise<CheckedTargets> {
	const problems = new Problems();
	const destinations = new Destinations();
	let [count, codes, checksums, secrets] = [0, 0, 0, 0];

	for (const path of plan.taken?.keys() ?? []) {
		destinations.add(pathKey(path, plan));
	}
	for await (const entries of takeEntries(source, limit)) {
		signal?.throwIfAborted();
		for (const entry of entries) {
			const target = tryResolve(entry, count, plan, problems);
			count += 1;
			if (target !== undefined) {
				destinations.add(collisionKey(target, plan));
				codes += 'isCode' in entry && entry.isCode ? 1 : 0;
				checksums += hasDigest(target) ? 1 : 0;
				secrets += hasSecret(target) ? 1 : 0;
			}
		}
	}

	problems.throwIfAny();
	await refuseCollisions(destinations, source, plan, limit);
	return { count, codes, checksums, secrets };
}

function hasSecret({ credentials, headers = {} }: Target): boolean {
	return credentials !== undefined || !Object.keys(headers).every(isHarmlessField);
}

function tryResolve(
	entry: Entry | BadEntry,
	index: number,
	plan: Plan,
	problems: Problems,
): Target | undefined {
	if ('problems' in entry) {
		for (const problem of entry.problems) {
			problems.add(entry.where, problem);
		}
		return undefined;
	}

	try {
		return resolveTarget(entry, index, plan);
	} catch (error) {
		if (!(error instanceof UsageError)) {
			throw error;
		}
		problems.add(entry.where, error.message);
		return undefined;
	}
}

const ASCII = /^[ -~]*$/;

const MAX_REMEMBERED = 1000;

/** Equal for destinations that a file system may treat as the same: ignores case, in NFC. */
function collisionKey({ dest, url, naming }: Target, plan: Plan): string {
	if (naming !== undefined && naming.metadataUrl === undefined) {
		// The name is unknown until the response arrives; the line break keeps the key apart from paths.
		return `\n${url}`;
	}
	return pathKey(dest, plan);
}

/** @param path - Absolute. */
function pathKey(path: string, { outputDir }: Plan): string {
	// A path outside the output directory is not the folder of a target.
	const below = path.startsWith(outputDir) ? path.slice(outputDir.length) : `\n${path}`;
	return comparablePath(below);
}

/** Equal for paths that some file system treats as the same. */
export function comparablePath(path: string): string {
	return ASCII.test(path) ? path.toLowerCase() : path.normalize('NFC').toUpperCase().toLowerCase();
}

/** Hashes of the destinations and of their folders. */
class Destinations {
	readonly #files = new HashList();
	readonly #folders = new HashList();
	/** Folder of the last destination, with a trailing separator. */
	#folder = '';

	/** @param key - Of {@link collisionKey}. */
	add(key: string): void {
		this.#files.add(key);
		const known = this.#folder;
		if (key.lastIndexOf(sep) + 1 === known.length && key.startsWith(known)) {
			return;
		}
		this.#folder = key.slice(0, key.lastIndexOf(sep) + 1);
		for (const folder of foldersOf(key)) {
			if (!known.startsWith(folder + sep)) {
				this.#folders.add(folder);
			}
		}
	}

	/** Hashes of paths that several entries need, and the number of entries after the first. */
	shared(): ReturnType<HashList['repeated']> {
		return this.#files.repeated(MAX_REMEMBERED, this.#folders);
	}
}

/** `/a` and `/a/b` of `/a/b/c`. */
export function foldersOf(key: string): readonly string[] {
	const folders: string[] = [];
	for (let end = key.indexOf(sep, 1); end !== -1 && !key.startsWith('\n'); ) {
		folders.push(key.slice(0, end));
		end = key.indexOf(sep, end + 1);
	}
	return folders;
}

/** The first entry that needs a path. */
interface Claim {
	readonly entry: Pick<Entry, 'id' | 'where'>;
	readonly isFile: boolean;
}

/**
 * If two destinations, or a destination and a folder, have the same hash, reads the entries once more to
 * compare their paths.
 *
 * @throws {UsageError} If two entries need the same path.
 */
async function refuseCollisions(
	destinations: Destinations,
	source: Source,
	plan: Plan,
	limit: number,
): Promise<void> {
	const { hashes, repeats } = destinations.shared();
	if (hashes.size === 0) {
		return;
	}

	const problems = new Problems();
	const claims = new Map<string, Claim>();
	for (const [path, where] of plan.taken ?? []) {
		claim(claims, pathKey(path, plan), { id: '', where });
	}
	let index = 0;
	for await (const entries of takeEntries(source, limit)) {
		for (const given of entries) {
			const entry = unchanged(given);
			const target = resolveTarget(entry, index, plan);
			const key = collisionKey(target, plan);
			const paths = [key, ...foldersOf(key)].filter((path) => hashes.has(hashOf(path)));
			const taken = paths.find((path) => path === key || claims.get(path)?.isFile === true);
			const first = taken === undefined ? undefined : claims.get(taken);
			if (first !== undefined) {
				problems.add(entry.where, describe(entry, first, taken === key, target, plan));
			}
			claim(claims, key, entry, paths);
			index += 1;
		}
	}
	problems.throwIfAny(repeats);
}

function claim(
	claims: Map<string, Claim>,
	key: string,
	entry: Claim['entry'],
	paths: readonly string[] = [key, ...foldersOf(key)],
): void {
	for (const path of paths) {
		claims.set(path, claims.get(path) ?? { entry, isFile: path === key });
	}
}

function describe(
	entry: Entry,
	{ entry: first, isFile }: Claim,
	isWhole: boolean,
	{ dest }: Target,
	{ outputDir }: Plan,
): string {
	if (entry.id === first.id && isFile && isWhole) {
		return `found ${quote(entry.id)} again, after ${first.where}; drop one of them`;
	}
	let why = isWhole
		? `as ${first.where} does`
		: `but ${first.where} saves a file where its folder would be`;
	if (!isFile) {
		why = `which is a folder for ${first.where}`;
	}
	const path = quote(relative(outputDir, dest));
	return `saves to ${path}, ${why}; give one of them another destination, or all of them -o '{stem}-{hash}{ext}'`;
}
