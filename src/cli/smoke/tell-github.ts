import { appendFileSync, closeSync, constants, openSync } from 'node:fs';
import type { Output } from '../../reporters/output.ts';
import { annotations, summaryPart } from '../../smoke/report/github.ts';
import { markdownReport } from '../../smoke/report/markdown.ts';
import type { SmokeReport } from '../../smoke/report/smoke-event.ts';
import type { Io } from '../io.ts';

/** Annotations and the summary of the step, where a GitHub runner is the one who listens. */
export function tellGithub(report: SmokeReport, output: Output, env: Io['env']): void {
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

/** A pipe without a reader, or one that is full, is an error: waiting for it would never end. */
function append(path: string, text: string): void {
	const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
	const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o666);
	try {
		appendFileSync(file, text);
	} finally {
		closeSync(file);
	}
}
