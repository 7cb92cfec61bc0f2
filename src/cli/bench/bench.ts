import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Analysis, analyse } from '../../bench/analysis/analysis.ts';
import { terminalReport } from '../../bench/report/terminal.ts';
import type { Measured } from '../../bench/results.ts';
import { startThreadSpinner } from '../../reporters/thread-spinner.ts';
import { paintFor } from '../colours.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { Interrupted, type Io } from '../io.ts';
import { openField } from './contestants.ts';
import type { BenchFlags } from './flags.ts';
import { measure } from './measure.ts';
import { openReports, type Reports } from './reports.ts';
import { openScenario } from './scenario.ts';
import { judgeBench, openBenchThresholds } from './thresholds.ts';
import { openWork } from './work.ts';

const BIN = fileURLToPath(new URL('../../../bin/flagdl.js', import.meta.url));

/**
 * `flagdl bench`: the strategies on the same work.
 *
 * @throws {UsageError} Before anything runs.
 * @throws {CannotRunError} When the bundled server cannot be started, or is no longer there.
 */
export async function bench(
	codes: readonly string[],
	flags: BenchFlags,
	io: Io,
): Promise<ExitCode> {
	io.takeTime?.();
	const work = await openWork(codes, flags, io);
	try {
		const scenario = openScenario(flags, work.bundled, io.cwd);
		const flagdl = { node: process.execPath, bin: BIN, env: envFor(work.bundled, io.env) };
		const seed = flags.seed ?? scenario?.scenario.seed ?? 1;
		const field = await openField(flags, { flagdl, seed, cores: availableParallelism() });
		const thresholds = openBenchThresholds(flags, field, io.cwd);
		const reports = openReports(flags, io);
		try {
			const measured = await measure({ flags, io, work, scenario, flagdl, seed, field });
			const analysis = await conclude(measured, reports, io);
			const paint = await paintFor(io.stdout, io.env);
			const columns = io.stdout.isTTY === true ? (io.stdout.columns ?? 80) : 100;
			io.stdout.write(terminalReport(measured, analysis, { columns, paint }));
			const held = judgeBench(thresholds, measured, analysis, { output: io.stdout, paint });
			return exitCodeOf(measured, held, io);
		} finally {
			reports.discard();
		}
	} finally {
		await work.close();
	}
}

/** Statistics and reports keep this thread busy; somebody else turns the spinner meanwhile. */
async function conclude(measured: Measured, reports: Reports, { stderr }: Io): Promise<Analysis> {
	const { fd } = stderr as { readonly fd?: number };
	const spinner =
		stderr.isTTY === true && fd !== undefined
			? await startThreadSpinner(fd, 'computing the statistics, drawing the page')
			: undefined;
	try {
		const analysis = analyse(measured);
		await reports.write(measured, analysis);
		return analysis;
	} finally {
		await spinner?.stop();
	}
}

/** No proxy could reach the bundled server. */
function envFor(bundled: boolean, env: Io['env']): Io['env'] {
	return bundled ? { ...env, no_proxy: '127.0.0.1', NO_PROXY: '127.0.0.1' } : env;
}

function exitCodeOf({ runs }: Measured, held: boolean, { interrupted }: Io): ExitCode {
	const reason: unknown = interrupted.reason;
	if (reason instanceof Interrupted) {
		return reason.exitCode;
	}
	if (!held) {
		return EXIT.checkFailed;
	}
	return runs.every(({ status }) => status === 'ok') ? EXIT.ok : EXIT.incomplete;
}
