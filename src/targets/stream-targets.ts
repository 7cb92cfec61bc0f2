import { UsageError } from '../util/usage-error.ts';
import type { Entry, Source } from './entry.ts';
import { type Plan, resolveTarget } from './resolve-target.ts';
import { takeEntries } from './take-entries.ts';
import type { Target } from './target.ts';

/**
 * The targets of a source that has been checked, made as they are pulled.
 *
 * @param limit - Only so many of them.
 * @throws {CannotRunError} When a list is no longer what was checked.
 */
export async function* streamTargets(
	source: Source,
	plan: Plan,
	limit: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<Target, void, undefined> {
	for await (const { target } of resolveEntries(source, plan, limit)) {
		yield target;
	}
}

/** The same, each with the entry that it was made of. */
export async function* resolveEntries(
	source: Source,
	plan: Plan,
	limit: number,
): AsyncGenerator<{ readonly entry: Entry; readonly target: Target }, void, undefined> {
	let index = 0;
	for await (const entries of takeEntries(source, limit)) {
		for (const entry of entries) {
			if ('problem' in entry) {
				throw new UsageError(`${entry.where}: ${entry.problem}`);
			}
			yield { entry, target: resolveTarget(entry, index, plan) };
			index += 1;
		}
	}
}
