import { appendFileSync, closeSync, constants, openSync } from 'node:fs';
import type { Output } from '../../reporters/output.ts';
import type { SmokeReport } from '../results.ts';
import { bySeverity, type Finding } from '../results.ts';
import { markdownReport } from './markdown.ts';
import { nameOf } from './wording.ts';

/** GitHub keeps ten errors of a step and silently drops the others. */
const MAX_ERRORS = 10;
const MAX_WARNINGS = 10;

/** GitHub rejects a step summary above 1 MiB. */
const MAX_SUMMARY_BYTES = 900 * 1024;

/** Writes annotations and the step summary when running in GitHub Actions. */
export function reportToGithub(
	report: SmokeReport,
	output: Output,
	env: Readonly<Record<string, string | undefined>>,
): void {
	if (env['GITHUB_ACTIONS'] !== 'true') {
		return;
	}
	for (const line of annotations(report)) {
		output.write(`${line}\n`);
	}

	const summary = env['GITHUB_STEP_SUMMARY'];
	if (summary === undefined || summary === '') {
		return;
	}
	try {
		append(summary, summaryPart(markdownReport(report)));
	} catch (error) {
		output.write(`::warning title=flagdl smoke::no summary: ${(error as Error).message}\n`);
	}
}

/** Non-blocking: fails on a pipe that is full or has no reader, rather than waiting forever. */
function append(path: string, text: string): void {
	const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
	const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o666);
	try {
		appendFileSync(file, text);
	} finally {
		closeSync(file);
	}
}

/** Workflow commands for annotations, worst first; the last one counts the omitted ones. */
export function annotations({ runs, thresholds, warnings }: SmokeReport): string[] {
	const missed = thresholds.filter(({ verdict }) => verdict === 'fail');
	const unclear = thresholds.filter(({ verdict }) => verdict === 'inconclusive');
	const findings = runs
		.flatMap(({ labels, findings: found }) => found.map((finding) => ({ labels, finding })))
		.sort((one, other) => bySeverity(one.finding, other.finding));
	const found = (text: string, verdictRuns: (typeof missed)[number]['runs'], verdict: string) => {
		const worst = verdictRuns.find((run) => run.verdict === verdict);
		return worst === undefined ? text : `${nameOf(worst.labels)}: ${worst.found}`;
	};

	const errors = [
		...missed.map(({ text, runs: judged }) => command('error', text, found(text, judged, 'fail'))),
		...findings.map(({ labels, finding }) =>
			command('error', `flagdl smoke: ${nameOf(labels)}`, textOf(finding)),
		),
	];
	const warningCommands = [
		...warnings.map(({ code, message }) => command('warning', code, message)),
		...unclear.map(({ text, runs: judged }) =>
			command('warning', text, `inconclusive: ${found(text, judged, 'inconclusive')}`),
		),
	];
	return [
		...atMost(MAX_ERRORS, errors, 'error'),
		...atMost(MAX_WARNINGS, warningCommands, 'warning'),
	];
}

/** Truncates a Markdown report to the limit of a step summary. */
export function summaryPart(markdown: string): string {
	if (Buffer.byteLength(markdown) <= MAX_SUMMARY_BYTES) {
		return markdown;
	}
	const cut = Buffer.from(markdown).subarray(0, MAX_SUMMARY_BYTES).toString();
	return `${cut.slice(0, cut.lastIndexOf('\n'))}\n\n… cut: a report with --report has all of it.\n`;
}

function textOf({ check, target, message }: Finding): string {
	return `${check}${target === undefined ? '' : ` ${target}`}: ${message}`;
}

function atMost(most: number, commands: readonly string[], level: string): readonly string[] {
	if (commands.length <= most) {
		return commands;
	}
	const more = commands.length - most + 1;
	return [
		...commands.slice(0, most - 1),
		command(level, 'flagdl smoke', `and ${more} more: see the summary of this job`),
	];
}

/** A workflow command, with the escapes that the runner requires. */
function command(level: string, title: string, message: string): string {
	const data = (text: string) =>
		text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
	const property = data(title).replaceAll(':', '%3A').replaceAll(',', '%2C');
	return `::${level} title=${property}::${data(message)}`;
}
