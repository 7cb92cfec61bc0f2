import type * as v from 'valibot';
import type { ideal } from '../../schema/bench-results.ts';
import type { DeepReadonly } from '../../util/members.ts';
import { type Chain, completions, scheduleMs } from './schedule.ts';

export interface Work {
	/** In the order of the list. */
	readonly files: readonly (readonly Attempt[])[];
	readonly slots: number;
	/** Requests that the server accepts within any window; absent: no limit. */
	readonly serverRate?: Rate;
	/** Even pace of requests given to the client; absent: no limit. */
	readonly clientRate?: Rate;
}

/** An attempt that an ideal client makes too. */
export interface Attempt {
	/** Back-off before it. */
	readonly waitMs: number;
	/** From request to headers, on the server. */
	readonly latencyMs: number;
	/** The body, at the bandwidth of its connection. */
	readonly transferMs: number;
}

interface Rate {
	readonly requests: number;
	readonly windowMs: number;
}

/** The largest part of the ideal. */
export type Limit = Ideal['limit'];

export type Ideal = DeepReadonly<v.InferOutput<typeof ideal>>;

/** The time that no client can beat by much, and its largest part. */
export function idealOf(work: Work): Ideal {
	const { files, slots } = work;
	const schedule = scheduleMs(chainsOf(files), slots);
	const attempts = files.flat();
	const bandwidth = attempts.reduce((ms, { transferMs }) => ms + transferMs, 0) / slots;
	const rate = rateMs(work, attempts);
	const ms = Math.max(schedule, bandwidth, rate);

	return {
		ms,
		scheduleMs: schedule,
		bandwidthMs: bandwidth,
		rateMs: rate,
		limit: rate === ms && rate > schedule ? 'rate limit' : largestPart(work, schedule),
	};
}

/** When the files complete by the schedule alone, in milliseconds, ascending. */
export function idealCompletions({ files, slots }: Work): readonly number[] {
	return completions(chainsOf(files), slots);
}

function rateMs({ serverRate, clientRate }: Work, attempts: readonly Attempt[]): number {
	if (attempts.length === 0) {
		return 0;
	}
	const others = attempts.length - 1;
	// A sliding window accepts a burst, and the next one when the window has passed.
	const served = serverRate ? Math.floor(others / serverRate.requests) * serverRate.windowMs : 0;
	const paced = clientRate ? (others * clientRate.windowMs) / clientRate.requests : 0;
	const lastMs = Math.min(...attempts.map(slotMs));
	return served === 0 && paced === 0 ? 0 : Math.max(served, paced) + lastMs;
}

/** The part without which the schedule would be less than half as long. */
function largestPart({ files, slots }: Work, schedule: number): Limit {
	const without = (part: (attempt: Attempt) => Attempt) =>
		scheduleMs(chainsOf(files.map((file) => file.map(part))), slots);
	if (without((attempt) => ({ ...attempt, waitMs: 0 })) < schedule / 2) {
		return 'back-off';
	}
	if (without((attempt) => ({ ...attempt, transferMs: 0 })) < schedule / 2) {
		return 'bandwidth';
	}
	return 'latency';
}

function chainsOf(files: Work['files']): readonly Chain[] {
	return files.map((file) =>
		file.map((attempt) => ({ waitMs: attempt.waitMs, slotMs: slotMs(attempt) })),
	);
}

function slotMs({ latencyMs, transferMs }: Attempt): number {
	return latencyMs + transferMs;
}
