import type { Ideal, Limit } from '../ideal/ideal.ts';
import type { Run } from '../results.ts';

/** What a run had to wait for. */
export type BoundBy = Limit | 'client CPU' | 'server' | 'unknown';

export interface Evidence {
	readonly ideal: Ideal;
	readonly wallMs: number;
	/** Processor time of the client beyond its start, over what its threads could have had; 1 is all. */
	readonly clientUtilization?: number | undefined;
	/** Of the server's event loop, from 0 to 1; absent for a server that does not tell. */
	readonly serverUtilization?: number | undefined;
	/** Requests that a rate limit refused. */
	readonly refused: number;
	/** For how long a slot was idle while a file waited without one. */
	readonly waitingMs: number;
}

/** Above this a server is late because it is busy, and a comparison would measure the server. */
export const BUSY_SERVER = 0.7;
/** What is this near the ideal needs no other explanation. */
const NEAR_IDEAL = 0.8;

/**
 * Names what bound a run: near the ideal what that is made of, and else what explains half of the
 * time that was lost, the strongest evidence first.
 */
export function boundBy(evidence: Evidence): BoundBy {
	const { ideal, wallMs, clientUtilization = 0, serverUtilization = 0 } = evidence;
	const { refused, waitingMs } = evidence;
	if (serverUtilization > BUSY_SERVER) {
		return 'server';
	}
	if (ideal.ms >= NEAR_IDEAL * wallMs) {
		return ideal.limit;
	}
	if (refused > 0 || ideal.limit === 'rate limit') {
		return 'rate limit';
	}
	// Answers that arrive together are worked off while no request is on its way: the processor need not
	// be busy all the time to be what is waited for.
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
 * For how long a slot was idle while a file waited for its next attempt: backing off, or paused with
 * its origin. (One that waits for its first may wait for a thread to start.)
 *
 * @returns Milliseconds.
 */
export function waitingMs({ attempts }: Pick<Run, 'attempts'>, slots: number): number {
	const changes = attempts.flatMap(({ number, startMs, endMs, waitedMs }) => [
		{ atMs: startMs, busy: 1, waiting: 0 },
		{ atMs: endMs, busy: -1, waiting: 0 },
		...(number === 1
			? []
			: [
					{ atMs: startMs - waitedMs, busy: 0, waiting: 1 },
					{ atMs: startMs, busy: 0, waiting: -1 },
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
