import { fileURLToPath } from 'node:url';
import { type Analysis, analyse } from '../../bench/analysis/analysis.ts';
import { BENCH_METRICS, labelsOf, thresholdRuns } from '../../bench/analysis/measures.ts';
import type { Contestant } from '../../bench/experiment/contestant.ts';
import { EXPORTS, type ExportKind } from '../../bench/report/exports.ts';
import { lastLine, terminalReport } from '../../bench/report/terminal.ts';
import type { Measured } from '../../bench/results.ts';
import { startThreadSpinner } from '../../reporters/spinner.ts';
import { thresholdText } from '../../smoke/report/wording.ts';
import { judge, type ThresholdVerdict } from '../../thresholds/judge.ts';
import type { Threshold } from '../../thresholds/threshold.ts';
import { codeOfInterruption, EXIT, type ExitCode } from '../exit-code.ts';
import { type Io, paintFor } from '../io.ts';
import { readThresholds, type ThresholdFlags } from '../options/thresholds.ts';
import {
	openReportFiles,
	outputFiles,
	type ReportFiles,
	type WantedReport,
} from '../report-files.ts';
import type { BenchFlags } from './command.ts';
import { createContestants } from './contestants.ts';
import { measure } from './measure.ts';
import { loadBenchScenario, openTargets } from './work.ts';

const BIN = fileURLToPath(new URL('../../../bin/flagdl.js', import.meta.url));

/**
 * `flagdl bench`: the strategies on the same work.
 *
 * @throws {UsageError} Before the first run.
 * @throws {CannotRunError} If the bundled server cannot be started, or has gone.
 */
export async function bench(
	codes: readonly string[],
	flags: BenchFlags,
	io: Io,
): Promise<ExitCode> {
	io.removeTimeLimit?.();
	const wanted = reportsIn(flags, io.cwd);
	const targets = await openTargets(codes, flags, io);
	try {
		const scenario = loadBenchScenario(flags, targets, io.cwd);
		// A proxy could not reach the bundled server.
		const unproxied = targets.bundled && { no_proxy: '127.0.0.1', NO_PROXY: '127.0.0.1' };
		const flagdl = { node: process.execPath, bin: BIN, env: { ...io.env, ...unproxied } };
		const seed = flags.seed ?? scenario?.scenario.seed ?? 1;
		const contestants = await createContestants(flags, { flagdl, seed });
		const thresholds = readBenchThresholds(flags, contestants.contestants, io.cwd);
		const reports = openReportFiles(wanted, io.interrupted);
		try {
			const measured = await measure({
				...contestants,
				flags,
				io,
				targets,
				scenario,
				flagdl,
				seed,
			});
			const analysis = await analyseAndWrite(measured, flags.margin, thresholds, reports, io);
			await print(measured, analysis, io);
			return exitCodeOf(measured, analysis, io);
		} finally {
			reports.discard();
		}
	} finally {
		await targets.close();
	}
}

/** @throws {UsageError} If one has the file of another, or of an input. */
function reportsIn(
	flags: BenchFlags,
	cwd: string,
): readonly WantedReport<readonly [Measured, Analysis]>[] {
	const { input, scenario, thresholdFile } = flags;
	const inputs = { '--input': input, '--scenario': scenario, '--threshold-file': thresholdFile };
	const outputs = Object.keys(EXPORTS).map(
		(kind) => [`--${kind}`, flags[kind as ExportKind]] as const,
	);
	return outputFiles(Object.fromEntries<string | undefined>(outputs), inputs, cwd).map(
		({ option, path }) => ({
			path,
			render: EXPORTS[option.slice(2) as ExportKind].render,
		}),
	);
}

/** Statistics and reports keep this thread busy, so the spinner runs in its own thread. */
async function analyseAndWrite(
	measured: Measured,
	margin: number | undefined,
	thresholds: readonly Threshold[],
	reports: ReportFiles<readonly [Measured, Analysis]>,
	{ stderr }: Io,
): Promise<Analysis> {
	const { fd } = stderr as { readonly fd?: number };
	const spinner =
		stderr.isTTY === true && fd !== undefined
			? await startThreadSpinner(fd, 'computing the statistics, drawing the page')
			: undefined;
	try {
		const plain = analyse(measured, margin);
		const analysis =
			thresholds.length === 0
				? plain
				: { ...plain, thresholds: judgeBench(thresholds, measured, plain) };
		await reports.write(measured, analysis);
		return analysis;
	} finally {
		await spinner?.stop();
	}
}

async function print(measured: Measured, analysis: Analysis, { stdout, env }: Io): Promise<void> {
	const paint = await paintFor(stdout, env);
	const isTerminal = stdout.isTTY === true;
	const columns = isTerminal ? stdout.columns || 80 : 100;
	const { thresholds = [] } = analysis;
	stdout.write(terminalReport(measured, analysis, { columns, paint }));
	stdout.write(thresholds.length > 0 ? '\n' : '');
	for (const threshold of thresholds) {
		stdout.write(thresholdText(threshold, paint));
	}
	// Programs get one line, of any length.
	stdout.write(lastLine(analysis, { columns: isTerminal ? columns : Infinity, paint }));
}

function exitCodeOf(
	{ runs }: Measured,
	{ thresholds = [] }: Analysis,
	{ interrupted }: Io,
): ExitCode {
	const interruption = codeOfInterruption(interrupted);
	if (interruption !== undefined) {
		return interruption;
	}
	if (thresholds.some(({ verdict }) => verdict === 'fail')) {
		return EXIT.checkFailed;
	}
	return runs.every(({ status }) => status === 'ok') ? EXIT.ok : EXIT.incomplete;
}

/** @throws {UsageError} */
function readBenchThresholds(
	flags: ThresholdFlags,
	contestants: readonly Contestant[],
	cwd: string,
): readonly Threshold[] {
	const runs = contestants.flatMap(({ name, concurrencies }) =>
		concurrencies.map((concurrency) => labelsOf({ name, concurrency })),
	);
	return readThresholds(flags, cwd, { command: 'flagdl bench', metrics: BENCH_METRICS, runs });
}

function judgeBench(
	thresholds: readonly Threshold[],
	measured: Measured,
	analysis: Analysis,
): readonly ThresholdVerdict[] {
	const runs = thresholdRuns(measured, analysis);
	// The baseline has no speed-up.
	const compared = runs.filter((_, index) => analysis.cells[index]?.cell.id !== analysis.baseline);
	return thresholds.map((threshold) => {
		const { text, why, metric } = threshold;
		const { verdict, runs: judged } = judge(threshold, metric === 'speedup' ? compared : runs);
		return { text, ...(why !== undefined && { why }), verdict, runs: judged };
	});
}
