import type * as v from 'valibot';
import type { cause } from '../../schema/bench-results.ts';
import { BUSY_SERVER } from '../../thresholds/metrics.ts';
import type { Run } from '../results.ts';
import { slotEndMs } from '../results.ts';
import type { Ideal } from './ideal.ts';

/** What limited a run. */
export type BoundBy = v.InferOutput<typeof cause>;

export interface Evidence {
	readonly ideal: Ideal;
	readonly wallMs: number;
	/** Processor time of the client without its start, over the processor time available to its threads. */
	readonly clientUtilization?: number | undefined;
	/** Busy share of the server's event loop, from 0 to 1; absent if the server does not report it. */
	readonly serverUtilization?: number | undefined;
	readonly refused: number;
	/** Time in which a slot was idle while a file waited without one. */
	readonly waitingMs: number;
}

/** Whether the server was late because it was busy: a comparison would measure the server. */
export function isServerBound({
	serverUtilization = 0,
}: Pick<Evidence, 'serverUtilization'>): boolean {
	return serverUtilization > BUSY_SERVER;
}

/** If the ideal is at least this share of the wall time, a run needs no other explanation. */
const NEAR_IDEAL = 0.8;

/**
 * Names the bottleneck of a run: near the ideal, the ideal's largest part; otherwise the cause of half of the
 * lost time, strongest evidence first.
 */
export function boundBy(evidence: Evidence): BoundBy {
	const { ideal, wallMs, clientUtilization = 0, refused, waitingMs } = evidence;
	if (isServerBound(evidence)) {
		return 'server';
	}
	if (ideal.ms >= NEAR_IDEAL * wallMs) {
		return ideal.limit;
	}
	if (refused > 0 || ideal.limit === 'rate limit') {
		return 'rate limit';
	}
	// Responses that arrive together are processed while no request is in flight: the processor can be the
	// bottleneck without being busy all the time.
	const lostMs = wallMs - ideal.ms;
	if (clientUtilization * wallMs > lostMs / 2) {
		return 'client CPU';
	}
	if (waitingMs > lostMs / 2) {
		return 'back-off';
	}
	return ideal.ms >= wallMs / 2 ? ideal.limit : 'unknown';
}

/**
 * The time in which a slot was idle while a file waited for its next attempt: backing off, or paused with
 * its origin. Waits for a first attempt do not count, since a thread may be starting.
 *
 * @returns Milliseconds.
 */
export function waitingMs({ attempts }: Pick<Run, 'attempts'>, slots: number): number {
	const changes = attempts.flatMap((attempt) => [
		{ atMs: attempt.startMs, busy: 1, waiting: 0 },
		{ atMs: slotEndMs(attempt), busy: -1, waiting: 0 },
		...(attempt.number === 1
			? []
			: [
					{ atMs: attempt.startMs - attempt.waitedMs, busy: 0, waiting: 1 },
					{ atMs: attempt.startMs, busy: 0, waiting: -1 },
				]),
	]);
	changes.sort((one, other) => one.atMs - other.atMs);

	let [busy, waiting, sinceMs, total] = [0, 0, 0, 0];
	for (const change of changes) {
		if (busy < slots && waiting > 0) {
			total += change.atMs - sinceMs;
		}
		sinceMs = change.atMs;
		busy += change.busy;
		waiting += change.waiting;
	}
	return total;
}
