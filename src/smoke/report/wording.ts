import type { Paint } from '../../reporters/output.ts';
import type { Labels } from '../../thresholds/metrics.ts';
import { printable } from '../../util/text.ts';
import type { Finding } from '../run-result.ts';
import type { SmokeRun, SmokeThreshold } from './smoke-event.ts';

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

/** A verdict, the threshold, and the runs that led to it: all of them where it did not pass. */
export function thresholdText(
	{ text, why, verdict, runs }: Omit<SmokeThreshold, 'type'>,
	paint: Paint,
): string {
	const marks = {
		pass: paint.good('pass'),
		fail: paint.bad('FAIL'),
		inconclusive: paint.strong('inconclusive'),
	};
	const worst = runs.filter((run) => run.verdict === verdict);
	const shown = verdict === 'pass' ? worst.slice(0, 1) : worst;
	const details = shown.map(({ labels, found, reason }) => {
		const because = reason === undefined ? '' : `: ${reason}`;
		return `      ${nameOf(labels)}: ${found}${because}\n`;
	});
	const reasons = why === undefined ? '' : `  ${paint.dim(printable(why))}`;
	return `${marks[verdict]}  ${printable(text)}${reasons}\n${details.join('')}`;
}

/** Targets of which the same is to be said. */
export interface FindingGroup extends Pick<Finding, 'check' | 'message'> {
	readonly targets: readonly string[];
	readonly rules: readonly string[];
}

/** Forty targets of a client that never began are one line, not forty. */
export function groupFindings(findings: readonly Finding[]): FindingGroup[] {
	const groups = new Map<string, Finding[]>();
	for (const finding of findings) {
		const key = `${finding.check} ${finding.message}`;
		groups.set(key, [...(groups.get(key) ?? []), finding]);
	}
	return [...groups.values()].map((group) => ({
		check: group[0]?.check ?? 'client',
		message: group[0]?.message ?? '',
		targets: group.flatMap(({ target }) => target ?? []),
		rules: [...new Set(group.flatMap(({ rules }) => rules ?? []))],
	}));
}

const MAX_NAMED = 8;

/** `BR, CN and 12 more`. */
export function namesOf({ targets }: FindingGroup): string {
	const more = targets.length - MAX_NAMED;
	return targets.slice(0, MAX_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
