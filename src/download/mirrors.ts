import { deferred } from '../util/deferred.ts';

/** How long the first URL is alone before the next one is asked, too. */
const HEAD_START_MS = 1000;

/** One of several ways to the same content. */
export interface Lane {
	readonly url: string;
	/** Aborted when another lane has won. */
	readonly signal: AbortSignal;
	/** Starts the next lane now: an attempt of this one has failed. */
	readonly stumble: () => void;
	/** While it queues for a slot its head start stands still: that is not its server's slowness. */
	readonly queue: { enter(): void; leave(): void };
	/** @returns False where another lane has won already. From here on this one is the winner. */
	claim(): boolean;
}

/**
 * Runs the lanes one after the other's head start; the first that completes wins.
 *
 * @returns What the winner returned, when all the others have ended, too.
 * @throws What the first lane failed with, where all fail.
 */
export async function firstCompleted<T>(
	urls: readonly string[],
	signal: AbortSignal,
	run: (lane: Lane) => Promise<T>,
): Promise<T> {
	const lanes = urls.map((url) => ({ url, beaten: new AbortController(), turn: deferred<void>() }));
	let winner: number | undefined;
	const claim = (index: number): boolean => {
		winner ??= index;
		if (winner !== index) {
			return false;
		}
		for (const [other, { beaten }] of lanes.entries()) {
			if (other !== index) {
				beaten.abort(BEATEN);
			}
		}
		return true;
	};

	const runs = lanes.map(async ({ url, beaten, turn }, index) => {
		const laneSignal = AbortSignal.any([signal, beaten.signal]);
		const startNext = () => lanes[index + 1]?.turn.resolve();
		if (index > 0) {
			await unlessAborted(turn.promise, laneSignal);
		}
		laneSignal.throwIfAborted();
		let headStart = setTimeout(startNext, HEAD_START_MS);
		const queue = {
			enter: () => clearTimeout(headStart),
			leave() {
				headStart = setTimeout(startNext, HEAD_START_MS);
			},
		};
		try {
			const lane = {
				...{ url, signal: laneSignal, queue },
				stumble: startNext,
				claim: () => claim(index),
			};
			const value = await run(lane);
			// What is unchanged was not claimed, since nothing is written.
			claim(index);
			return value;
		} finally {
			clearTimeout(headStart);
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

const BEATEN = new Error('another mirror was first');

/** Waits for the first of the two, and leaves no listener behind. */
async function unlessAborted(turn: Promise<void>, signal: AbortSignal): Promise<void> {
	await new Promise<void>((resolve) => {
		const end = () => {
			signal.removeEventListener('abort', end);
			resolve();
		};
		signal.addEventListener('abort', end);
		void turn.then(end);
		if (signal.aborted) {
			end();
		}
	});
}
