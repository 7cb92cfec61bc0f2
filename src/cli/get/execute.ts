import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import type { Option } from 'commander';
import { allOf, type Reporter, type Summary } from '../../events/run-event.ts';
import { run } from '../../run.ts';
import type { StrategyContext } from '../../strategies/strategy.ts';
import { streamTargets } from '../../targets/resolve-target.ts';
import type { Target } from '../../targets/target.ts';
import type { ExitCode } from '../exit-code.ts';
import type { GetFlags } from '../get-flags.ts';
import { Interrupted, type Io } from '../io.ts';
import { openActivity } from './activity.ts';
import { measureCost } from './cost.ts';
import { downloadOptions } from './download-options.ts';
import type { Events } from './events.ts';
import { exitCodeOf } from './exit-code-of.ts';
import { failureCodes } from './failure-codes.ts';
import { openState, stateKeeper } from './keep-state.ts';
import { noticesOf } from './notices.ts';
import { openReporters } from './open-reporters.ts';
import { openReports, wantsDetail } from './open-reports.ts';
import { openStop } from './open-stop.ts';
import { prepareDirectory } from './output-directory.ts';
import type { Prepared } from './prepare.ts';
import { type Seats, startOf } from './start-of.ts';
import { stoppableSource } from './stoppable-source.ts';
import { warningsOf } from './warnings.ts';

const CONCURRENCY = 16;

/** How long after the signal an interrupted run may still list the targets that it has not started. */
const LISTING_MS = 600;

export interface Execution {
	readonly flags: GetFlags;
	readonly io: Io;
	/** Those that the command has: for the command that continues. */
	readonly options: readonly Option[];
	readonly prepared: Prepared;
	/** What is shown until the run begins. */
	readonly waiting: { stop(): Promise<void> };
	readonly events: Events;
}

/**
 * Downloads what has been prepared, under the signals that may end it.
 *
 * @throws {CannotRunError} Before the first request.
 * @throws {ReportError} Before the first request.
 */
export async function execute(execution: Execution): Promise<ExitCode> {
	const { flags, io, prepared, waiting, events } = execution;
	const { source, plan, origin } = prepared;
	const loading = import('../../strategies/index.ts');
	await prepareDirectory(plan.outputDir, flags.outputDir);
	const { urls, base } = await needed(prepared);
	const seats = seatsOf(flags);
	const options = downloadOptions(flags, {
		cwd: io.cwd,
		// The bundled server needs no proxy, and so none that makes sense.
		env: isLocal(prepared) ? {} : io.env,
		bundledHost: origin.scenario && base && new URL(base).host,
		detail: wantsDetail(flags),
	});
	const bundledOrigin = origin.scenario && base && new URL(base).origin;
	const state = await openState(flags, plan.outputDir, bundledOrigin);
	const { strategies } = await loading;
	leaveParserAsItIs();
	const failures = failureCodes();
	const files = [
		...(state === undefined ? [] : [stateKeeper(state)]),
		...(await openReports(flags, io)),
	];
	const terminal = allOf([
		failures,
		...(await openReporters(flags, io, execution.options)),
		{ on() {}, close: io.flush },
	]);
	await waiting.stop();

	const targets = streamTargets(source, { ...plan, flags: urls }, flags.limit);
	const stop = openStop(flags, io.interrupted);
	const activity = openActivity(flags, io, terminal);
	const taken = stoppableSource(targets, stop.signal);
	const cost = measureCost();
	const exitCode = (summary: Summary, crash: Error | undefined) =>
		exitCodeOf({ summary, crash, interruption: io.interrupted.reason, codes: failures.codes });
	try {
		const end = await run({
			targets: state?.withValidators(taken.targets) ?? taken.targets,
			rest: () => withinBudget(taken.rest(), io.interrupted),
			strategy: stop.applyTo(strategies[flags.strategy]),
			context: {
				options,
				...seats,
				signal: stop.signal,
				interrupted: io.interrupted,
				outputDir: plan.outputDir,
				...queueOf(prepared, allOf([...files, terminal, events])),
				...activity.context,
			},
			files,
			terminal,
			events,
			start: startOf(execution, { ...seats, base }),
			warnings: warningsOf(flags, prepared, state),
			notices: () => noticesOf(stop.signal),
			cost,
			exitCode,
		});
		return end.exitCode as ExitCode;
	} finally {
		activity.close();
		stop.close();
	}
}

/**
 * V8 would optimise undici's HTTP parser after its first requests, for half a second of processor
 * time and 45 MB, and the end of the process would wait for it: 194 files take 0.44 s of it instead
 * of 0.95. Not even 50,000 files are faster with an optimised one.
 *
 * Called late: Node's own modules are compiled anew once a flag has been changed, for 15 ms.
 */
function leaveParserAsItIs(): void {
	setFlagsFromString('--no-wasm-tier-up');
	setFlagsFromString('--no-wasm-dynamic-tiering');
}

/**
 * What is left of a list is written down in full, unless an interrupted process has to end within a
 * second.
 */
async function* withinBudget(
	targets: AsyncIterable<Target>,
	interrupted: AbortSignal,
): AsyncGenerator<Target, void, undefined> {
	for await (const target of targets) {
		yield target;
		const reason: unknown = interrupted.reason;
		if (reason instanceof Interrupted && performance.now() - reason.sinceMs > LISTING_MS) {
			return;
		}
	}
}

/** The URLs of the flags; a bundled server is not started for a list of URLs. */
async function needed({ checked, origin }: Prepared): ReturnType<Prepared['origin']['ready']> {
	return checked.codes > 0 ? await origin.ready() : { urls: origin.preview };
}

function queueOf(
	{ queue, plan }: Prepared,
	reporter: Reporter,
): Pick<StrategyContext, 'queue'> | undefined {
	const warn = (code: string, message: string) => {
		reporter.on({ type: 'warning', code, message });
	};
	return queue && { queue: { ...queue, outputDir: plan.outputDir, warn } };
}

function isLocal({ origin, checked, plan }: Prepared): boolean {
	const { codes, count } = checked;
	return origin.scenario !== undefined && codes === count && plan.mirrors.length === 0;
}

function seatsOf({ concurrency, maxReq, threads }: GetFlags): Omit<Seats, 'base'> {
	const slots = concurrency ?? maxReq ?? CONCURRENCY;
	return { concurrency: slots, threads: Math.min(threads ?? availableParallelism(), slots) };
}
