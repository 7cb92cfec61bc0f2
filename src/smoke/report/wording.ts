import type { Paint } from '../../reporters/output.ts';
import type { Labels } from '../../thresholds/metrics.ts';
import { list } from '../../util/suggest.ts';
import { printable } from '../../util/text.ts';
import { formatDuration, plural } from '../../util/units.ts';
import type { Check, Finding, SmokeRun, SmokeStart, SmokeThreshold } from '../results.ts';

/** Name of a run: `flaky async c=16`. */
export function nameOf(labels: Labels): string {
	return Object.entries(labels)
		.map(([key, value]) => (key === 'c' ? `c=${value}` : value))
		.join(' ');
}

/** `38 of 40 as planned`, or `38 of 40 files` without a plan. */
export function resultText({ labels, counts, findings, passed }: SmokeRun): string {
	const { targets, right } = counts;
	if (labels['scenario'] === undefined) {
		return `${right} of ${targets} files`;
	}
	const asPlanned = targets - new Set(findings.flatMap(({ target }) => target ?? [])).size;
	// All targets ended as planned, but the run as a whole failed a check.
	return asPlanned < targets || passed
		? `${asPlanned} of ${targets} as planned`
		: `all files as planned, not ${list([...new Set(findings.map(({ check }) => CHECK_NAMES[check] ?? check))])}`;
}

/** Names of the checks on a run as a whole. */
const CHECK_NAMES: Partial<Record<Check, string>> = {
	client: 'the end of the client',
	exit_code: 'the exit code',
	events: 'the events',
	leftover: 'the folder',
	process: 'the processes',
	socket: 'the connections',
};

/** `71 requests, 20 recovered, exit code 1 (5 must fail), 3.9 s`; omits a count of 0 and an expected exit code 0. */
export function effortText(run: SmokeRun): string {
	const { requests, recovered } = run.counts;
	return [
		plural(requests, 'request'),
		...(recovered > 0 ? [`${recovered} recovered`] : []),
		...(run.passed && run.exitCode === 0 ? [] : [endingOf(run)]),
		formatDuration(run.wallMs),
	].join(', ');
}

/** How a process ended: `exit code 1 (5 must fail)`, `SIGKILL`. */
export function endingOf({ exitCode, signal, counts }: SmokeRun): string {
	if (exitCode === undefined) {
		return signal ?? 'never began';
	}
	const why = exitCode !== 0 && counts.mustFail > 0 ? ` (${counts.mustFail} must fail)` : '';
	return `exit code ${exitCode}${why}`;
}

/** A verdict, its threshold, and the deciding runs; only one of them if it passed. */
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

/** Targets with the same finding. */
export interface FindingGroup extends Pick<Finding, 'check' | 'message'> {
	readonly targets: readonly string[];
	readonly rules: readonly string[];
}

/** Groups equal findings, so that a client that did not start is one line, not one per target. */
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

/** The rules that findings name, with their descriptions. */
export function rulesIn(
	groups: readonly FindingGroup[],
	{ labels }: Pick<SmokeRun, 'labels'>,
	{ scenarios }: Pick<SmokeStart, 'scenarios'>,
): readonly (readonly [id: string, does: string])[] {
	const known = scenarios.find(({ name }) => name === labels['scenario'])?.rules ?? {};
	const ids = new Set(groups.flatMap(({ rules }) => rules));
	return Object.entries(known).filter(([id]) => ids.has(id));
}

/** Runs that were planned but not completed. */
export function incompleteRuns({ runs }: SmokeStart, made: readonly SmokeRun[]): readonly Labels[] {
	const ended = new Set(made.map(({ labels }) => nameOf(labels)));
	return runs.filter((labels) => !ended.has(nameOf(labels)));
}

const MAX_NAMED = 8;

/** `BR, CN and 12 more`. */
export function namesOf({ targets }: FindingGroup): string {
	const more = targets.length - MAX_NAMED;
	return targets.slice(0, MAX_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
