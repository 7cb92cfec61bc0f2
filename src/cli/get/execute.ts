import { setFlagsFromString } from 'node:v8';
import { StateFile } from '../../download/disk/state-file.ts';
import type { DownloadOptions } from '../../download/options.ts';
import { combineReporters, type Reporter, type Summary } from '../../events/run-event.ts';
import { standardOutput } from '../../reporters/files/standard-output.ts';
import { type Run, run } from '../../run.ts';
import { STRATEGIES } from '../../strategies/names.ts';
import type { StrategyContext } from '../../strategies/strategy.ts';
import { streamTargets } from '../../targets/resolve-target.ts';
import type { Target } from '../../targets/target.ts';
import { CannotRunError, systemReason } from '../../util/errors.ts';
import { commandLineWithoutSecrets } from '../../util/secrets.ts';
import { VERSION } from '../../util/version.ts';
import { type ExitCode, Interrupted } from '../exit-code.ts';
import type { Io } from '../io.ts';
import { secretsWithoutKey } from '../redis-settings.ts';
import type { CommandLine } from './continuation.ts';
import { downloadOptions } from './download-options.ts';
import { exitCodeOf, failureCodes, type Stop, stoppableSource } from './ending.ts';
import type { GetFlags } from './options.ts';
import { isStandardOutput, type Prepared, prepareDirectory } from './prepare.ts';
import { type Events, openActivity, openReporters } from './reporters.ts';
import { openReports, wantsDetail } from './reports.ts';
import { capacityOf, measureCost } from './resource-usage.ts';
import { noticesOf, warningsOf } from './warnings.ts';

/** How long after the signal an interrupted run may still list targets that were not started. */
const LISTING_MS = 600;

export interface Execution {
	readonly flags: GetFlags;
	readonly io: Io;
	readonly commandLine: CommandLine;
	readonly prepared: Prepared;
	readonly stop: Stop;
	/** Spinner that is shown until the run starts. */
	readonly spinner: { stop(): Promise<void> };
	readonly events: Events;
}

/**
 * Downloads the prepared targets, until they are done or the run is stopped.
 *
 * @throws {CannotRunError} Before the first request.
 * @throws {ReportError} Before the first request.
 */
export async function execute(execution: Execution): Promise<ExitCode> {
	const { flags, io, prepared, stop, spinner, events } = execution;
	const { source, plan, origin } = prepared;
	const loading = import('../../strategies/index.ts');
	await prepareDirectory(plan.outputDir, flags.outputDir);
	const { urls, base, ca } = await readyOrigin(prepared);
	const { warnings, ...capacity } = capacityOf(flags, isLocal(prepared));
	const options = optionsOf(execution, base, ca);
	const secrets = secretsWithoutKey(prepared.queue, options, prepared.checked.secrets);
	const state = await openState(flags, plan.outputDir, origin.scenario && base);
	const { strategies } = await loading;
	disableWasmTierUp();
	const failures = failureCodes((path, code) => {
		if (flags.strategy !== 'queue') {
			stop.abortIfFull(path, code);
		}
	});
	const workers = { count: 0 };
	const files = [
		...(state === undefined ? [] : [stateRecorder(state)]),
		...(await openReports(flags, io)),
		...(isStandardOutput(flags) ? [standardOutput(io.stdout, io.interrupted)] : []),
	];
	const terminal = combineReporters([
		failures,
		...(await openReporters(flags, io, execution.commandLine, () => workers.count)),
		{ on() {}, close: io.flush },
	]);
	await spinner.stop();

	const targets = streamTargets(source, { ...plan, flags: urls }, flags.limit);
	const activity = openActivity(flags, io, terminal);
	const updates = flags.ifExists === 'update' ? state : undefined;
	const stoppable = stoppableSource(targets, stop.signal);
	const cost = measureCost();
	const exitCode = (summary: Summary, crashes: readonly Error[]) =>
		exitCodeOf({ summary, crashes, interruption: io.interrupted.reason, codes: failures.codes });
	try {
		const end = await run({
			targets: updates?.withValidators(stoppable.targets) ?? stoppable.targets,
			rest: () => withinBudget(stoppable.rest(), io.interrupted),
			strategy: stop.applyTo(strategies[flags.strategy]),
			context: {
				options,
				...capacity,
				signal: stop.signal,
				interrupted: io.interrupted,
				outputDir: plan.outputDir,
				...queueOf(prepared, combineReporters([...files, terminal, events]), workers),
				...activity.context,
			},
			files,
			terminal,
			events,
			start: startOf(execution, capacity, base),
			warnings: [...warnings, ...warningsOf(flags, prepared, state, options, secrets)],
			notices: () => noticesOf(flags, stop.signal, state),
			cost,
			exitCode,
		});
		return end.exitCode as ExitCode;
	} finally {
		activity.close();
	}
}

/**
 * @param base - URL of the bundled server, once it is known.
 * @throws {UsageError} If a proxy is invalid, or a file cannot be read.
 */
export function optionsOf(
	{ flags, io, prepared }: Pick<Execution, 'flags' | 'io' | 'prepared'>,
	base?: string,
	bundledCa?: string,
): DownloadOptions {
	const { origin } = prepared;
	return downloadOptions(flags, {
		cwd: io.cwd,
		// The bundled server needs no proxy, so an invalid one in the environment does not matter.
		env: isLocal(prepared) ? { HOME: io.env['HOME'] } : io.env,
		bundledHost: origin.scenario && base && new URL(base).host,
		bundledCa,
		detail: wantsDetail(flags),
	});
}

/**
 * Keeps V8 from optimising undici's HTTP parser after the first requests, which costs 45 MB and half a second
 * of CPU time that the exit of the process waits for: 194 files take 0.44 s of CPU time instead of 0.95. Even
 * 50,000 files are not faster with an optimised parser.
 *
 * Called late, because changing a flag makes Node recompile its own modules, which takes 15 ms.
 */
function disableWasmTierUp(): void {
	setFlagsFromString('--no-wasm-tier-up');
	setFlagsFromString('--no-wasm-dynamic-tiering');
}

/**
 * Yields all remaining targets, unless the process was interrupted and must exit within a second.
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

/** Waits for the bundled server only if there are country codes. */
async function readyOrigin({ checked, origin }: Prepared): ReturnType<Prepared['origin']['ready']> {
	return checked.codes > 0 ? await origin.ready() : { urls: origin.preview };
}

function queueOf(
	{ queue, plan, checked }: Prepared,
	reporter: Reporter,
	workers: { count: number },
): Pick<StrategyContext, 'queue'> | undefined {
	const warn = (code: string, message: string) => {
		reporter.on({ type: 'warning', code, message });
	};
	const onWorkers = (count: number) => {
		workers.count = count;
	};
	const { outputDir } = plan;
	return queue && { queue: { ...queue, outputDir, total: checked.count, warn, onWorkers } };
}

function isLocal({ origin, checked, plan }: Prepared): boolean {
	const { codes, count } = checked;
	return origin.scenario !== undefined && codes === count && plan.mirrors.length === 0;
}

function startOf(
	{ flags, io, prepared }: Pick<Execution, 'flags' | 'io' | 'prepared'>,
	capacity: Pick<StrategyContext, 'concurrency' | 'threads'>,
	/** Base URL of the flags, if there is one. */
	base: string | undefined,
): Run['start'] {
	const { concurrency, threads } = capacity;
	const { origin, checked, plan } = prepared;
	const seed = flags.seed ?? origin.scenario?.seed;
	const server = checked.codes > 0 && {
		...(base !== undefined && { server: base }),
		...(origin.scenario !== undefined && { scenario: origin.scenario.name }),
		...(seed !== undefined && { seed }),
	};
	return {
		version: VERSION,
		nodeVersion: process.versions.node,
		commandLine: commandLineWithoutSecrets(io.argv),
		strategy: flags.strategy,
		concurrency: STRATEGIES[flags.strategy].concurrent ? concurrency : 1,
		...(flags.strategy === 'threads' && { threads }),
		targets: checked.count,
		outputDir: plan.outputDir,
		...server,
	};
}

/**
 * Opens the state file of the output directory for `--state` and `--if-exists update`.
 *
 * @param bundled - Base URL of the bundled server, if it is used.
 */
async function openState(
	flags: GetFlags,
	outputDir: string,
	bundled: string | undefined,
): Promise<StateFile | undefined> {
	const bundledOrigin = bundled && new URL(bundled).origin;
	const { ifExists, state, remoteHeaderName, raw = false } = flags;
	const isWanted = state === true || ifExists === 'update';
	return isWanted && remoteHeaderName !== true && !isStandardOutput(flags)
		? await StateFile.open(outputDir, { bundledOrigin, raw })
		: undefined;
}

/** Records the validators of each file, for the next update. */
function stateRecorder(state: StateFile): Reporter {
	return {
		on(event) {
			if (event.type === 'outcome') {
				state.record(event.outcome);
			}
		},
		async close() {
			await state.close().catch((cause: unknown) => {
				const reason = systemReason(cause);
				throw new CannotRunError(`cannot remember what was downloaded: ${reason}`, { cause });
			});
		},
	};
}
