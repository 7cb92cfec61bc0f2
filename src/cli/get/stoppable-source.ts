import type { Target, Targets } from '../../targets/target.ts';

/** A source of which a run takes as much as it begins; what is left can still be listed. */
export interface StoppableSource {
	/** Ends when the signal is aborted. */
	readonly targets: AsyncGenerator<Target, void, undefined>;
	/** What was not taken by then. */
	rest(): AsyncGenerator<Target, void, undefined>;
}

export function stoppableSource(targets: Targets, signal: AbortSignal): StoppableSource {
	const iterator =
		Symbol.asyncIterator in targets ? targets[Symbol.asyncIterator]() : targets[Symbol.iterator]();
	let pending: Promise<IteratorResult<Target>> | IteratorResult<Target> | undefined;
	let untaken: Target | undefined;

	async function* untilAborted(): AsyncGenerator<Target, void, undefined> {
		while (untaken === undefined) {
			pending = iterator.next();
			const next = await pending;
			pending = undefined;
			if (next.done === true) {
				return;
			}
			if (signal.aborted) {
				untaken = next.value;
			} else {
				yield next.value;
			}
		}
	}

	async function* rest(): AsyncGenerator<Target, void, undefined> {
		// It may have been aborted while the next target was being read.
		await pending;
		if (untaken !== undefined) {
			yield untaken;
		}
		for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
			yield next.value;
		}
	}

	return { targets: untilAborted(), rest };
}
