import { deferred, unlessAborted } from '../util/promises.ts';
import type { Slots } from './context.ts';
import { LOST } from './errors.ts';

/** How long the first URL is alone before the next one is requested, too. */
const HEAD_START_MS = 1000;

/** One of several requests for the same content. */
export interface HedgedRequest {
	readonly url: string;
	/** Aborted when another one has won. */
	readonly signal: AbortSignal;
	/** All of them have one slot. */
	readonly slots: Pick<Slots, 'acquire' | 'release'>;
	/** Starts the next one now: a try of this one has failed, or must wait. */
	startNext(): void;
	/** @returns False if another one has won already. From here on this one is the winner. */
	win(): boolean;
}

/**
 * Starts one request after the other's head start; the first that completes wins.
 *
 * @returns What the winner returned, when all the others have ended, too.
 * @throws What the first one failed with, if all fail.
 * @see {@link https://research.google/pubs/the-tail-at-scale/ | Dean, Barroso: The tail at scale (2013)}
 */
export async function hedge<T>(
	urls: readonly string[],
	slots: Slots,
	signal: AbortSignal,
	run: (hedged: HedgedRequest) => Promise<T>,
): Promise<T> {
	const sharedSlot = new SharedSlot(slots);
	const racers = urls.map((url) => ({ url, lost: new AbortController(), turn: deferred<void>() }));
	let winner: number | undefined;
	const win = (index: number): boolean => {
		winner ??= index;
		if (winner !== index) {
			return false;
		}
		for (const [other, { lost }] of racers.entries()) {
			if (other !== index) {
				lost.abort(LOST);
			}
		}
		return true;
	};

	const runs = racers.map(async ({ url, lost, turn }, index) => {
		const ownSignal = AbortSignal.any([signal, lost.signal]);
		const startNext = () => racers[index + 1]?.turn.resolve();
		if (index > 0) {
			await unlessAborted(ownSignal, turn.promise);
		}
		ownSignal.throwIfAborted();
		// Time in the queue for the slot is not its server's slowness: the head start stands still.
		const headStart = new HeadStart(startNext);
		headStart.begin();
		try {
			const value = await run({
				...{ url, signal: ownSignal, startNext },
				slots: sharedSlot.of(headStart),
				win: () => win(index),
			});
			// What is unchanged has not won yet, since nothing is written.
			win(index);
			return value;
		} finally {
			headStart.stop();
			startNext();
		}
	});

	const settled = await Promise.allSettled(runs);
	const best = settled[winner ?? 0];
	if (best?.status === 'fulfilled') {
		return best.value;
	}
	signal.throwIfAborted();
	throw best?.reason;
}

class HeadStart {
	readonly #onOver: () => void;
	#timer: NodeJS.Timeout | undefined;

	constructor(onOver: () => void) {
		this.#onOver = onOver;
	}

	begin(): void {
		this.#timer = setTimeout(this.#onOver, HEAD_START_MS);
	}

	stop(): void {
		clearTimeout(this.#timer);
	}
}

/**
 * One slot for all the mirrors of a target: they ask different servers, each of which sees no more
 * requests than there are slots. With a slot for each, servers that hang would hold all of them, and
 * the mirrors that could answer would never be asked.
 */
class SharedSlot {
	readonly #slots: Pick<Slots, 'acquire' | 'release'>;
	#taken: Promise<void> | undefined;
	#users = 0;

	constructor(slots: Pick<Slots, 'acquire' | 'release'>) {
		this.#slots = slots;
	}

	/** @param headStart - Stands still while its request waits for the slot. */
	of(headStart: HeadStart): HedgedRequest['slots'] {
		return {
			acquire: async () => {
				this.#users += 1;
				this.#taken ??= this.#slots.acquire() ?? Promise.resolve();
				headStart.stop();
				await this.#taken;
				headStart.begin();
			},
			release: () => {
				this.#users -= 1;
				if (this.#users === 0) {
					this.#taken = undefined;
					this.#slots.release();
				}
			},
		};
	}
}
