import type { Run } from '../results.ts';

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
