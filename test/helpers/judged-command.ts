import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect } from 'vitest';
import { isWell, type KnownOutcome, RunUnderOracle } from './oracle.ts';
import { onTestFinished } from './this-test.ts';

/** A call of the command line with the data that the oracle needs to judge it. */
export interface JudgedCommand {
	/** With a report for the oracle, of a kind without attempts. */
	readonly args: readonly string[];
	/** @throws With all findings. */
	end(ended: Ended): void;
}

export interface Ended {
	/** `null` if a signal ended the process. */
	readonly code: number | null;
	/** May contain the events of `--json`. */
	readonly stdout?: string;
}

const OTHER_COMMANDS = ['serve', 'find', 'scenario', 'bench', 'smoke', 'worker', 'completion'];

/** Puts a run of `get` under the oracle; other commands are unchanged. */
export function judge(args: readonly string[], cwd: string): JudgedCommand {
	if (OTHER_COMMANDS.includes(args[0] ?? '') || args.includes('--dry-run')) {
		return { args, end: () => {} };
	}
	const folder = mkdtempSync(join(tmpdir(), 'flagdl-oracle-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	const report = join(folder, 'outcomes.csv');
	// With the queue, workers write to the directory, too.
	const run = new RunUnderOracle([resolve(cwd, outputDirectoryOf(args))], args.includes('queue'));
	return {
		// A first word may be a command.
		args: args.toSpliced(/^[a-z]{3,}$/.test(args[0] ?? '') ? 1 : 0, 0, '--report', report),
		end(ended) {
			const outcomes = readOutcomes(report);
			for (const outcome of outcomes ?? []) {
				run.ended(outcome);
			}
			// With exit code 2 there was no run, so nothing may be written.
			const isComplete = ended.code === 0 || ended.code === 1 || ended.code === 2;
			run.end({ isComplete, named: args.map((arg) => resolve(cwd, arg)) });
			expectSameNumbers(ended, outcomes);
		},
	};
}

function outputDirectoryOf(args: readonly string[]): string {
	const at = args.findLastIndex((arg) => /^(-d|--output-dir(=|$))/.test(arg));
	const [, attached] = /^(?:-d|--output-dir=)(.+)$/.exec(args[at] ?? '') ?? [];
	return at === -1 ? 'downloads' : (attached ?? args[at + 1] ?? '');
}

/** Reported outcomes; `undefined` if the run ended before the first one, or could not write its report. */
function readOutcomes(report: string): readonly KnownOutcome[] | undefined {
	try {
		return parse(readFileSync(report), { columns: true }) as unknown as readonly KnownOutcome[];
	} catch {
		return undefined;
	}
}

/** Asserts that exit code, outcomes and events agree. */
function expectSameNumbers(
	{ code, stdout = '' }: Ended,
	outcomes: readonly KnownOutcome[] | undefined,
): void {
	const isOver = code === 0 || code === 1;
	if (isOver && outcomes !== undefined) {
		expect(outcomes.every(isWell), `all targets have their file, at exit code ${code}`).toBe(
			code === 0,
		);
	}
	const events = readEvents(stdout);
	const end = events.at(-1);
	if (end?.type !== 'run.end') {
		return;
	}
	const told = events.filter(({ type }) => type === 'outcome').length;
	const total = Object.values(end.totals ?? {}).reduce((sum, count) => sum + count, 0);
	expect(end.exitCode, 'exitCode of run.end').toBe(code);
	// An interrupted run counts targets that it never started, and reports no outcome for them.
	expect(isOver ? total : Math.min(total, told), 'sum of the totals of run.end').toBe(told);
}

interface Event {
	readonly type?: string;
	readonly exitCode?: number;
	readonly totals?: Readonly<Record<string, number>>;
}

function readEvents(stdout: string): readonly Event[] {
	const lines = stdout.startsWith('{') ? stdout.trimEnd().split('\n') : [];
	try {
		return lines.map((line) => JSON.parse(line) as Event);
	} catch {
		return [];
	}
}
