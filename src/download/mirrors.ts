import { setTimeout as sleep } from 'node:timers/promises';
import { deferred } from '../util/deferred.ts';

/** How long the first URL is alone before the next one is asked, too. */
const HEAD_START_MS = 1000;

/** One of several ways to the same content. */
export interface Lane {
	readonly url: string;
	/** Aborted when another lane has won. */
	readonly signal: AbortSignal;
	/** Starts the next lane now: an attempt of this one has failed. */
	stumble(): void;
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
	const controllers = urls.map(() => new AbortController());
	const gone = urls.map(() => deferred<undefined>());
	let winner: number | undefined;

	const lanes = urls.map(async (url, index) => {
		const own = controllers[index] ?? new AbortController();
		const laneSignal = AbortSignal.any([signal, own.signal]);
		const previous = gone[index - 1];
		if (previous !== undefined) {
			await Promise.race([previous.promise, headStart(laneSignal)]);
		}
		laneSignal.throwIfAborted();
		void headStart(laneSignal).then(() => gone[index]?.resolve(undefined));
		return await run({
			url,
			signal: laneSignal,
			stumble: () => gone[index]?.resolve(undefined),
			claim() {
				winner ??= index;
				if (winner !== index) return false;
				for (const other of controllers) if (other !== own) other.abort(BEATEN);
				return true;
			},
		});
	});

	const settled = await Promise.allSettled(lanes);
	const best = settled[winner ?? 0];
	if (best?.status === 'fulfilled') return best.value;
	signal.throwIfAborted();
	const answered = settled.find((lane) => lane.status === 'fulfilled');
	if (answered !== undefined) return answered.value;
	throw best?.reason;
}

const BEATEN = new Error('another mirror was first');

async function headStart(signal: AbortSignal): Promise<void> {
	await sleep(HEAD_START_MS, undefined, { signal }).catch(() => {});
}
