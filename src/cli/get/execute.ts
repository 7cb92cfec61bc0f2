import { availableParallelism } from 'node:os';
import { allOf } from '../../reporters/all-of.ts';
import { run } from '../../run.ts';
import { streamTargets } from '../../targets/stream-targets.ts';
import type { ExitCode } from '../exit-code.ts';
import type { GetFlags } from '../get-flags.ts';
import type { Io } from '../io.ts';
import { measureCost } from './cost.ts';
import { downloadOptions } from './download-options.ts';
import { exitCodeOf } from './exit-code-of.ts';
import { failEarly } from './fail-early.ts';
import type { Events } from './get.ts';
import { withNotices } from './notices.ts';
import { openReporters } from './open-reporters.ts';
import { openReports, wantsDetail } from './open-reports.ts';
import { prepareDirectory } from './output-directory.ts';
import type { Prepared } from './prepare.ts';
import { startOf } from './start-of.ts';
import { Stopped } from './stopped.ts';

const CONCURRENCY = 16;

export interface Execution {
	readonly flags: GetFlags;
	readonly io: Io;
	readonly prepared: Prepared;
	/** What is shown until the run begins. */
	readonly waiting: { stop(): Promise<void> };
	readonly events: Events;
}

/**
 * Downloads what has been prepared, under the signals that may end it.
 *
 * @throws {CannotRunError} Before the first request.
 */
export async function execute(execution: Execution): Promise<ExitCode> {
	const { flags, io, prepared, waiting, events } = execution;
	const loading = import('../../strategies/index.ts');
	await prepareDirectory(prepared.plan.outputDir, flags.outputDir);
	const { urls, base } = await needed(prepared);
	const options = downloadOptions(flags, {
		...io,
		bundledHost: prepared.origin.scenario && base && new URL(base).host,
		detail: wantsDetail(flags),
	});
	const concurrency = flags.concurrency ?? flags.maxReq ?? CONCURRENCY;
	const threads = Math.min(flags.threads ?? availableParallelism(), concurrency);
	const strategy = (await loading).strategies[flags.strategy];
	const shown = await openReporters(flags, io);
	const reports = await openReports(flags, io.cwd);
	await waiting.stop();

	const stop = new AbortController();
	const signal = AbortSignal.any([io.interrupted, stop.signal]);
	const deadline = startDeadline(flags.deadline, stop);
	const failureCodes = new Set<string>();
	const cost = measureCost();
	try {
		const end = await run({
			targets: streamTargets(prepared.source, { ...prepared.plan, flags: urls }, flags.limit),
			strategy: flags.failEarly === true ? failEarly(strategy, stop) : strategy,
			context: { options, concurrency, threads, signal },
			reporter: withNotices(allOf([events, ...shown, ...reports]), execution, signal, failureCodes),
			start: startOf(execution, { base, concurrency, threads }),
			conclude: (summary, crash) => ({
				...cost(),
				exitCode: exitCodeOf({
					summary,
					crash,
					interruption: io.interrupted.reason,
					failureCodes,
				}),
			}),
		});
		return end.exitCode as ExitCode;
	} finally {
		clearTimeout(deadline);
	}
}

/** The URLs of the flags; a bundled server is not started for a list of URLs. */
async function needed({ checked, origin }: Prepared): ReturnType<Prepared['origin']['ready']> {
	return checked.codes > 0 ? await origin.ready() : { urls: origin.preview };
}

function startDeadline(
	deadlineMs: number | undefined,
	stop: AbortController,
): NodeJS.Timeout | undefined {
	if (deadlineMs === undefined) {
		return undefined;
	}
	const reason = new Stopped('deadline', `stopped after ${deadlineMs / 1000} s (--deadline)`);
	return setTimeout(() => stop.abort(reason), deadlineMs);
}
