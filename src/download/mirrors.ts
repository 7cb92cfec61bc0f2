import { deferred, unlessAborted } from '../util/promises.ts';
import type { Slots } from './context.ts';
import { LOST } from './errors.ts';

/** Head start of each URL before the next one is requested, too. */
const HEAD_START_MS = 1000;

/** One of several requests for the same content. */
export interface HedgedRequest {
	readonly url: string;
	/** Aborted when another request has won. */
	readonly signal: AbortSignal;
	/** One slot, shared by all of them. */
	readonly slots: Pick<Slots, 'acquire' | 'release'>;
	/** Starts the next request now, because an attempt of this one failed or must wait. */
	startNext(): void;
	/** Makes this request the winner. @returns False if another one has already won. */
	win(): boolean;
}

/**
 * Starts each request after the head start of the previous one; the first to complete wins.
 *
 * @returns The result of the winner, once all others have ended, too.
 * @throws The error of the first request, if all fail.
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
		// Waiting for the slot is not the server's fault, so the head start is paused meanwhile.
		const headStart = new HeadStart(startNext);
		headStart.begin();
		try {
			const value = await run({
				...{ url, signal: ownSignal, startNext },
				slots: sharedSlot.of(headStart),
				win: () => win(index),
			});
			// An unchanged file is not written, and has therefore not won yet.
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
 * One slot for all mirrors of a target. They are different servers, so none gets more requests than
 * there are slots. With one slot each, servers that hang would occupy all slots, and the mirrors that
 * work would never be tried.
 */
class SharedSlot {
	readonly #slots: Pick<Slots, 'acquire' | 'release'>;
	#taken: Promise<void> | undefined;
	#users = 0;

	constructor(slots: Pick<Slots, 'acquire' | 'release'>) {
		this.#slots = slots;
	}

	/** @param headStart - Paused while its request waits for the slot. */
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
