import type { SharedClock } from '../redis/clock.ts';
import type { Notice } from '../wire/run-channel.ts';
import type { Places } from './places.ts';
import type { Refusals } from './refusals.ts';
import type { SharedPace, Turns } from './turns.ts';

/** What the origins of a run have in common. */
export interface Surroundings {
	readonly refusals: Refusals;
	readonly clock: SharedClock;
	/** Tells all processes of the run, this one included. */
	readonly say: (notice: Notice) => void;
	readonly openTurns: (member: string, pace: SharedPace) => Turns;
	/** The turns of `--rate`. */
	readonly openFixedTurns: (origin: string) => Turns | undefined;
	/** The places of `--max-per-host`. */
	readonly openPlaces: (origin: string) => Places | undefined;
	/** Called when an origin begins to hold its requests back. */
	readonly onLimiting: () => void;
	/** What has counted answers since the last time, and is to write them down. */
	readonly toFlush: Set<{ flush(): Promise<void> }>;
}
