import { escapeMarkdown } from '../../util/text.ts';
import { formatDuration } from '../../util/units.ts';
import type { Check, Finding, SmokeReport, SmokeRun, SmokeThreshold } from '../results.ts';
import { endingOf, groupFindings, nameOf, namesOf, rulesIn } from './wording.ts';

/** Findings shown for each run. */
const MAX_SHOWN = 20;

/** For a ticket or the summary page of a CI job: verdict, thresholds, a table of runs, then failed runs. */
export function markdownReport(report: SmokeReport): string {
	const { end, runs, thresholds, warnings, start } = report;
	const { passed, failed, unmade } = end.runs;
	const interrupted = unmade === 0 ? '' : `, interrupted before the other ${unmade} ended`;
	return [
		`# ${end.passed ? '✅' : '❌'} flagdl smoke: ${passed} of ${passed + failed + unmade} runs passed${interrupted}\n`,
		...warnings.map(({ message }) => `> ${escapeMarkdown(message)}\n`),
		thresholdTable(thresholds),
		runTable(runs),
		settings(report),
		...runs.filter(({ passed }) => !passed).map((run) => failedRun(run, start)),
		`flagdl ${start.version}, ${new Date(start.startMs).toISOString()}, ${formatDuration(end.wallMs)}\n`,
	]
		.filter((part) => part !== '')
		.join('\n');
}

function thresholdTable(thresholds: readonly SmokeThreshold[]): string {
	if (thresholds.length === 0) {
		return '';
	}
	const marks = { pass: '✅ pass', fail: '❌ fail', inconclusive: '⚠️ inconclusive' };
	const rows = thresholds.map(({ text, why = '', verdict, runs }) => {
		const worst = runs.filter((run) => run.verdict === verdict).at(0);
		const found =
			worst === undefined
				? 'no run'
				: `${nameOf(worst.labels)}: ${worst.found}${worst.reason === undefined ? '' : ` (${worst.reason})`}`;
		return `| ${[text, marks[verdict], found, why].map(escapeMarkdown).join(' | ')} |\n`;
	});
	return `| threshold | verdict | found | why |\n|---|---|---|---|\n${rows.join('')}`;
}

/** Columns of findings; empty ones are omitted. */
const FINDING_COLUMNS: Readonly<Record<string, readonly Check[]>> = {
	missed: ['missed'],
	'saved wrongly': ['wrong', 'differs'],
	'seen unfinished': ['partial'],
	'left behind': ['leftover', 'process', 'socket'],
	'Retry-After ignored': ['retry_after'],
	'more or fewer requests': ['requests'],
	misreported: ['outcome', 'events'],
};

function runTable(runs: readonly SmokeRun[]): string {
	const columns = Object.entries(FINDING_COLUMNS).filter(([, checks]) =>
		runs.some(({ findings }) => count(findings, checks) > 0),
	);
	const names = columns.map(([name]) => name);
	const head = ['run', '', 'right files', ...names, 'requests', 'recovered', 'ended with', 'time'];
	const rows = runs.map((run) => {
		const { labels, passed, counts, findings, wallMs } = run;
		return [
			nameOf(labels),
			passed ? '✅' : '❌',
			`${counts.right} of ${counts.targets}`,
			...columns.map(([, checks]) => count(findings, checks) || ''),
			counts.requests,
			counts.recovered,
			`${endingOf(run)}${count(findings, ['exit_code', 'client']) > 0 ? ' ❌' : ''}`,
			formatDuration(wallMs),
		].map(String);
	});
	return table(head, rows);
}

function count(findings: readonly Finding[], checks: readonly Check[]): number {
	return findings.filter(({ check }) => checks.includes(check)).length;
}

function settings({ start }: SmokeReport): string {
	const { scenarios, clients, profile, server } = start;
	const lines = [
		...(server === undefined ? [] : [`Server: ${server}`]),
		...(scenarios.length === 0
			? []
			: [`Scenarios: ${scenarios.map(({ name, seed }) => `${name} (seed ${seed})`).join(', ')}`]),
		`Profile: ${profile.join(' ')}`,
		...Object.entries(clients).map(([name, line]) => `${name}: ${line}`),
	];
	return lines.map((line) => `- ${escapeMarkdown(line)}\n`).join('');
}

function failedRun(run: SmokeRun, start: SmokeReport['start']): string {
	const groups = groupFindings(run.findings);
	const rules = rulesIn(groups, run, start);
	const rulesTable =
		rules.length === 0 ? '' : `\n${table(['rule', 'what the server does'], rules)}`;
	const rows = groups
		.slice(0, MAX_SHOWN)
		.map((group) => [group.check, namesOf(group), group.rules.join(', '), group.message]);
	const more = groups.length - rows.length;
	const rest = more > 0 ? `\n… and ${more} more; a report in JSON has all of them.\n` : '';
	return `## ${escapeMarkdown(nameOf(run.labels))}\n\n${table(['check', 'targets', 'rules', 'what'], rows)}${rest}${rulesTable}${output(run)}`;
}

function output({ lastOutput = '' }: SmokeRun): string {
	if (lastOutput === '') {
		return '';
	}
	const fence = '`'.repeat(
		Math.max(3, ...[...lastOutput.matchAll(/`+/g)].map(([run]) => run.length + 1)),
	);
	return `\n<details><summary>last output</summary>\n\n${fence}\n${lastOutput}\n${fence}\n\n</details>\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |\n`;
	return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}
