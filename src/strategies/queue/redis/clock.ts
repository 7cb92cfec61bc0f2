import type { Redis } from 'ioredis';
import { nowMs } from '../../../download/outcome.ts';

const SAMPLES = 3;

/** The one clock that all machines of a run agree on: that of Redis. */
export interface SharedClock {
	/** Milliseconds since the Unix epoch, by the clock of Redis. */
	readonly nowMs: () => number;
	/** From `nowMs` of this process to the shared one. */
	readonly toShared: (localMs: number) => number;
	readonly toLocal: (sharedMs: number) => number;
}

/** Compares the clocks; right to half the time of the fastest of three questions. */
export async function openClock(client: Redis): Promise<SharedClock> {
	let best = { tripMs: Number.POSITIVE_INFINITY, offsetMs: 0 };
	for (let sample = 0; sample < SAMPLES; sample += 1) {
		const askedMs = nowMs();
		const [seconds, microseconds] = await client.time();
		const answeredMs = nowMs();
		const sharedMs = Number(seconds) * 1000 + Number(microseconds) / 1000;
		const tripMs = answeredMs - askedMs;
		if (tripMs < best.tripMs) {
			best = { tripMs, offsetMs: sharedMs - (askedMs + answeredMs) / 2 };
		}
	}
	const { offsetMs } = best;
	return {
		nowMs: () => nowMs() + offsetMs,
		toShared: (localMs) => localMs + offsetMs,
		toLocal: (sharedMs) => sharedMs - offsetMs,
	};
}
