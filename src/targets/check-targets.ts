import { UsageError } from '../util/usage-error.ts';
import { collisionKey, refuseCollisions } from './collisions.ts';
import type { BadEntry, Entry, Source } from './entry.ts';
import { HashList } from './hash-list.ts';
import { Problems } from './problems.ts';
import { type Plan, resolveTarget } from './resolve-target.ts';
import { takeEntries } from './take-entries.ts';
import type { Target } from './target.ts';

/** What a list is found to have when it is read for the first time. */
export interface CheckedTargets {
	readonly count: number;
	/** How many of them are country codes. */
	readonly codes: number;
	/** How many of them have a SHA-256 to match. */
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

	for await (const entries of takeEntries(source, limit)) {
		signal?.throwIfAborted();
		for (const entry of entries) {
			const target = tryResolve(entry, count, plan, problems);
			count += 1;
			if (target !== undefined) {
				destinations.add(collisionKey(target, plan));
				codes += 'isCode' in entry && entry.isCode ? 1 : 0;
				checksums += target.sha256 === undefined ? 0 : 1;
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
	if ('problem' in entry) {
		problems.add(entry.where, entry.problem);
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
