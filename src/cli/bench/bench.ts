import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Analysis, analyse } from '../../bench/analysis/analysis.ts';
import { lastLine, terminalReport } from '../../bench/report/terminal.ts';
import type { Measured } from '../../bench/results.ts';
import { startThreadSpinner } from '../../reporters/thread-spinner.ts';
import { thresholdText } from '../../smoke/report/wording.ts';
import type { Threshold } from '../../thresholds/threshold.ts';
import { paintFor } from '../colours.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { Interrupted, type Io } from '../io.ts';
import { createContestants } from './contestants.ts';
import type { BenchFlags } from './flags.ts';
import { measure } from './measure.ts';
import { openReports, type Reports } from './reports.ts';
import { loadBenchScenario } from './scenario.ts';
import { openTargets } from './targets.ts';
import { judgeBench, readBenchThresholds } from './thresholds.ts';

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
	io.takeTime?.();
	const targets = await openTargets(codes, flags, io);
	try {
		const scenario = loadBenchScenario(flags, targets.bundled, io.cwd);
		const flagdl = { node: process.execPath, bin: BIN, env: envFor(targets.bundled, io.env) };
		const seed = flags.seed ?? scenario?.scenario.seed ?? 1;
		const contestants = await createContestants(flags, {
			flagdl,
			seed,
			cores: availableParallelism(),
		});
		const thresholds = readBenchThresholds(flags, contestants.contestants, io.cwd);
		const reports = openReports(flags, io);
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
			const analysis = await analyseAndWrite(
				measured,
				{ margin: flags.margin, thresholds },
				reports,
				io,
			);
			await print(measured, analysis, io);
			return exitCodeOf(measured, analysis, io);
		} finally {
			reports.discard();
		}
	} finally {
		await targets.close();
	}
}

interface Demands {
	readonly margin: number | undefined;
	readonly thresholds: readonly Threshold[];
}

/** Statistics and reports keep this thread busy, so that the spinner turns in a thread of its own. */
async function analyseAndWrite(
	measured: Measured,
	{ margin, thresholds }: Demands,
	reports: Reports,
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
	const columns = isTerminal ? (stdout.columns ?? 80) : 100;
	const { thresholds = [] } = analysis;
	stdout.write(terminalReport(measured, analysis, { columns, paint }));
	stdout.write(thresholds.length > 0 ? '\n' : '');
	for (const threshold of thresholds) {
		stdout.write(thresholdText(threshold, paint));
	}
	// One line for programs, however long it is.
	stdout.write(lastLine(analysis, { columns: isTerminal ? columns : Infinity, paint }));
}

/** Excludes the bundled server from proxies, which could not reach it. */
function envFor(bundled: boolean, env: Io['env']): Io['env'] {
	return bundled ? { ...env, no_proxy: '127.0.0.1', NO_PROXY: '127.0.0.1' } : env;
}

function exitCodeOf(
	{ runs }: Measured,
	{ thresholds = [] }: Analysis,
	{ interrupted }: Io,
): ExitCode {
	const reason: unknown = interrupted.reason;
	if (reason instanceof Interrupted) {
		return reason.exitCode;
	}
	if (thresholds.some(({ verdict }) => verdict === 'fail')) {
		return EXIT.checkFailed;
	}
	return runs.every(({ status }) => status === 'ok') ? EXIT.ok : EXIT.incomplete;
}
