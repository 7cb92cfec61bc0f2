import type { Labels } from '../../thresholds/metrics.ts';
import type { SmokeRun } from './smoke-event.ts';

/** `flaky async c=16`: what a run is called. */
export function nameOf(labels: Labels): string {
	return Object.entries(labels)
		.map(([key, value]) => (key === 'c' ? `c=${value}` : value))
		.join(' ');
}

/** `38 of 40 as planned`, or what can be said without a plan. */
export function fateOf({ labels, counts }: SmokeRun): string {
	return labels['scenario'] === undefined
		? `${counts.right} of ${counts.targets} files`
		: `${counts.targets - counts.planDiff} of ${counts.targets} as planned`;
}

/** `71 requests, 20 recovered`: retries are seen, though they are no failure. */
export function effortOf({ counts }: SmokeRun): string {
	return `${counts.requests} requests, ${counts.recovered} recovered`;
}

/** How a process ended: `exit code 1`, `SIGKILL`. */
export function endingOf({ exitCode, signal }: SmokeRun): string {
	return exitCode === undefined ? (signal ?? 'never began') : `exit code ${exitCode}`;
}
