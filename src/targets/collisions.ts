import { quote } from '../util/text.ts';
import type { Entry, Source } from './entry.ts';
import { type HashList, hashOf } from './hash-list.ts';
import { Problems } from './problems.ts';
import type { Plan } from './resolve-target.ts';
import { resolveEntries } from './stream-targets.ts';
import type { Target } from './target.ts';

const ASCII = /^[ -~]*$/;

const MOST_REMEMBERED = 1000;

/** Equal for two destinations that a file system may take for one: without case, in NFC. */
export function collisionKey({ dest }: Target, { outputDir }: Plan): string {
	const path = dest.slice(outputDir.length);
	return ASCII.test(path) ? path.toLowerCase() : path.normalize('NFC').toUpperCase().toLowerCase();
}

/**
 * Where two destinations have one hash, reads the entries once more for the names of both.
 *
 * @throws {UsageError} When two entries do share a destination.
 */
export async function refuseCollisions(
	destinations: HashList,
	source: Source,
	plan: Plan,
	limit: number,
): Promise<void> {
	const { hashes, repeats } = destinations.repeated(MOST_REMEMBERED);
	if (repeats === 0) {
		return;
	}

	const problems = new Problems();
	const firstOf = new Map<string, Entry>();
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

function describe(entry: Entry, first: Entry, { dest }: Target, { outputDir }: Plan): string {
	const path = quote(dest.slice(outputDir.length + 1));
	return entry.id === first.id
		? `found ${quote(entry.id)} again, after ${first.where}; drop one of them`
		: `saves to ${path}, as ${first.where} does; give one of them another destination`;
}
