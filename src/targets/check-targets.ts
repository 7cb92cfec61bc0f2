import { Problems, UsageError } from '../util/errors.ts';
import { quote } from '../util/text.ts';
import { hasDigest } from './digests.ts';
import { type BadEntry, type Entry, type Source, takeEntries } from './entry.ts';
import { HashList, hashOf } from './hash-set.ts';
import { type Plan, resolveEntries, resolveTarget } from './resolve-target.ts';
import type { Target } from './target.ts';

/** What a list is found to have when it is read for the first time. */
export interface CheckedTargets {
	readonly count: number;
	/** How many of them are country codes. */
	readonly codes: number;
	/** How many of them have a digest to match. */
	readonly checksums: number;
}

/**
 * Reads everything that was asked for once, so that what is wrong with it is known before the
 * first request. Holds 8 bytes for each target.
 *
 * @param limit - Only so many of them.
 * @throws The signal's reason, when it is aborted.
 * @throws {UsageError} With every entry that is wrong and every two that share a destination.
 */
export async function checkTargets(
	source: Source,
	plan: Plan,
	limit: number = Number.POSITIVE_INFINITY,
	signal?: AbortSignal,
): Promise<CheckedTargets> {
	const problems = new Problems();
	const destinations = new HashList();
	let [count, codes, checksums] = [0, 0, 0];

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
			}
		}
	}

	problems.throwIfAny();
	await refuseCollisions(destinations, source, plan, limit);
	return { count, codes, checksums };
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

/** Equal for two destinations that a file system may take for one: without case, in NFC. */
function collisionKey({ dest, url, naming }: Target, plan: Plan): string {
	if (naming !== undefined && naming.metadataUrl === undefined) {
		// Its name is not known before its response; no path has a line break.
		return `\n${url}`;
	}
	return pathKey(dest, plan);
}

/** @param path - Absolute. */
function pathKey(path: string, { outputDir }: Plan): string {
	const below = path.startsWith(outputDir) ? path.slice(outputDir.length) : path;
	return ASCII.test(below)
		? below.toLowerCase()
		: below.normalize('NFC').toUpperCase().toLowerCase();
}

/**
 * Where two destinations have one hash, reads the entries once more for the names of both.
 *
 * @throws {UsageError} When two entries do share a destination.
 */
async function refuseCollisions(
	destinations: HashList,
	source: Source,
	plan: Plan,
	limit: number,
): Promise<void> {
	const { hashes, repeats } = destinations.repeated(MAX_REMEMBERED);
	if (repeats === 0) {
		return;
	}

	const problems = new Problems();
	const firstOf = new Map<string, Pick<Entry, 'id' | 'where'>>(
		[...(plan.taken ?? [])].map(([path, where]) => [pathKey(path, plan), { id: '', where }]),
	);
	for await (const { entry, target } of resolveEntries(source, plan, limit)) {
		const key = collisionKey(target, plan);
		const first = firstOf.get(key);
		if (first !== undefined) {
			problems.add(entry.where, describe(entry, first, target, plan));
		} else if (hashes.has(hashOf(key))) {
			firstOf.set(key, entry);
		}
	}
	problems.throwIfAny(repeats);
}

function describe(
	entry: Entry,
	first: Pick<Entry, 'id' | 'where'>,
	{ dest }: Target,
	{ outputDir }: Plan,
): string {
	const path = quote(dest.slice(outputDir.length + 1));
	return entry.id === first.id
		? `found ${quote(entry.id)} again, after ${first.where}; drop one of them`
		: `saves to ${path}, as ${first.where} does; give one of them another destination, or all of them -o '{stem}-{hash}{ext}'`;
}
