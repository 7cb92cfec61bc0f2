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
	const isAborted = () => signal.aborted;
	const state: { untaken?: Target } = {};

	async function* untilAborted(): AsyncGenerator<Target, void, undefined> {
		while (!isAborted()) {
			pending = iterator.next();
			const next = await pending;
			pending = undefined;
			if (next.done === true) {
				return;
			}
			if (isAborted()) {
				state.untaken = next.value;
				return;
			}
			yield next.value;
		}
	}

	async function* rest(): AsyncGenerator<Target, void, undefined> {
		// It may have been aborted while the next target was being read.
		await pending;
		if (state.untaken !== undefined) {
			yield state.untaken;
		}
		for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
			yield next.value;
		}
	}

	return { targets: untilAborted(), rest };
}
