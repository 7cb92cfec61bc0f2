import { type Deferred, deferred } from '../util/deferred.ts';
import type { Lane } from './mirrors.ts';
import type { Slots } from './slots.ts';

/** One for each target with mirrors. */
export interface SharedSlot {
	/** @param queue - Told while somebody waits for the slot. */
	of(queue: Lane['queue']): Slots;
}

/**
 * One slot for all the mirrors of a target: they ask different servers, each of which sees no more
 * requests than there are slots. With a slot for each, servers that hang would hold all of them, and
 * the mirrors that could answer would never be asked.
 */
export function shareSlot(slots: Slots): SharedSlot {
	let held: { readonly taken: Promise<void>; readonly free: Deferred<void> } | undefined;
	let users = 0;

	function hold() {
		const taken = deferred<void>();
		const free = deferred<void>();
		// Nothing in here can fail.
		void slots.run(async () => {
			taken.resolve();
			await free.promise;
		});
		return { taken: taken.promise, free };
	}

	async function share<T>(work: () => Promise<T>, queue: Lane['queue']): Promise<T> {
		held ??= hold();
		const { taken, free } = held;
		users += 1;
		try {
			queue.enter();
			await taken;
			queue.leave();
			return await work();
		} finally {
			users -= 1;
			if (users === 0) {
				held = undefined;
				free.resolve();
			}
		}
	}

	return {
		of: (queue) => ({
			run: async (work) => await share(work, queue),
			shrink: () => slots.shrink(),
		}),
	};
}
