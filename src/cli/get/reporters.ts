import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Reporter, RunEnd } from '../../events/run-event.ts';
import { jsonEvents } from '../../reporters/files/json-report.ts';
import { finalSummary } from '../../reporters/final-summary.ts';
import { failureLines, verboseLines, warningLines } from '../../reporters/outcome-lines.ts';
import { heartbeat } from '../../reporters/progress.ts';
import { spin } from '../../reporters/spinner.ts';
import type { StrategyContext } from '../../strategies/strategy.ts';
import { type Io, isFullTerminal, paintFor } from '../io.ts';
import { type CommandLine, continuation } from './continuation.ts';
import type { GetFlags } from './options.ts';

/**
 * Reporters for standard output and standard error. Standard output gets results, or only events with `--json`;
 * standard error gets progress and problems.
 */
export async function openReporters(
	flags: GetFlags,
	io: Io,
	commandLine: CommandLine,
	workers: () => number,
): Promise<readonly Reporter[]> {
	const { stdout, stderr, env } = io;
	// Standard output is taken by the events, or by the content of the file.
	const text = flags.json === true || flags.output === '-' ? stderr : stdout;
	const [paint, errorPaint] = [await paintFor(text, env), await paintFor(stderr, env)];
	if (flags.quiet === true) {
		return [warningLines(stderr, errorPaint), failureLines(stderr, errorPaint)];
	}

	const hasBar = wantsBar(flags, io);
	const columns = () => stderr.columns || 80;
	const summary = finalSummary({
		output: text,
		paint,
		columns: text.isTTY === true ? columns : undefined,
		outputDir: () => destinationOf(flags, workers()),
		isStream: flags.output === '-',
		details: hasBar ? { output: stderr, paint: errorPaint, columns } : undefined,
		continueCommand: (end) => nextCommand(flags, io, commandLine, end),
	});
	if (!hasBar) {
		const lines =
			flags.verbose === true ? verboseLines(text, paint) : failureLines(stderr, errorPaint);
		const heartbeats =
			flags.progress === 'none' || flags.verbose === true ? [] : [heartbeat(stderr)];
		return [warningLines(stderr, errorPaint), lines, ...heartbeats, summary];
	}

	const { progressBar } = await import('../../reporters/progress-bar.ts');
	const { default: cliProgress } = await import('cli-progress');
	const limits = { stallTimeMs: flags.stallTime, connectTimeoutMs: flags.connectTimeout };
	const lines = flags.verbose === true && text.isTTY === true ? { output: text, paint } : undefined;
	const bar = progressBar({ stream: stderr, paint: errorPaint, cliProgress, limits, lines });
	const verbose = flags.verbose === true && !lines ? [verboseLines(text, paint)] : [];
	return [bar, ...verbose, summary];
}

/** The command that downloads the missing files, if the list can be read again and a retry may help. */
function nextCommand(
	{ failedFile, input, ifExists, strategy }: GetFlags,
	{ cwd }: Io,
	commandLine: CommandLine,
	{ totals }: RunEnd,
): string | undefined {
	if (failedFile !== undefined) {
		return continuation(commandLine, failedFile);
	}
	const isReadable = input.every((list) => list !== '-' && isFile(resolve(cwd, list)));
	const isSkipping = ifExists === 'skip' || ifExists === 'update';
	const mayHelp = totals.error + totals.cancelled > 0;
	return isReadable && isSkipping && mayHelp && strategy !== 'queue'
		? continuation(commandLine, undefined)
		: undefined;
}

function isFile(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** With a queue, each worker saves to its own directory. */
function destinationOf({ strategy, output, outputDir }: GetFlags, workers: number): string {
	if (strategy === 'queue') {
		return `the ${workers === 1 ? 'directory of 1 worker' : `directories of ${workers} workers`}`;
	}
	return output === '-' ? 'standard output' : outputDir;
}

/** A bar needs a terminal that can move its cursor. */
function wantsBar({ progress, quiet }: GetFlags, { stderr, env }: Io): boolean {
	return isFullTerminal(stderr, env) && !quiet && (progress === 'auto' || progress === 'bar');
}

/** Shows a spinner until it is stopped; without a terminal, shows nothing. */
export function startSpinner(flags: GetFlags, io: Io): { stop(): Promise<void> } {
	if (!wantsBar(flags, io)) {
		return { async stop() {} };
	}

	if (flags.input.includes('-') && 'isTTY' in io.stdin && io.stdin.isTTY === true) {
		io.stderr.write('one code or URL a line, then Ctrl-D:\n');
		return { async stop() {} };
	}

	const stop = new AbortController();
	const text = flags.input.length > 0 ? 'reading the list' : 'starting';
	const spinning = spin(io.stderr, text, AbortSignal.any([stop.signal, io.interrupted]));
	return {
		async stop() {
			stop.abort();
			await spinning;
		},
	};
}

const ACTIVITY_INTERVAL_MS = 250;

interface OpenActivity {
	readonly context: Pick<StrategyContext, 'watch'>;
	readonly close: () => void;
}

/** Polls the strategy for its slowest attempts and passes them to the reporter, if a bar shows them. */
export function openActivity(flags: GetFlags, io: Io, reporter: Reporter): OpenActivity {
	if (!wantsBar(flags, io) || flags.strategy === 'queue') {
		return { context: {}, close() {} };
	}

	let timer: NodeJS.Timeout | undefined;
	return {
		context: {
			watch(slowest) {
				const poll = () => reporter.on({ type: 'activity', slowest: slowest() });
				timer = setInterval(poll, ACTIVITY_INTERVAL_MS).unref();
			},
		},
		close: () => clearInterval(timer),
	};
}

/** The events of `--json`; the last one is `run.end` even if the run did not start. */
export interface Events extends Reporter {
	readonly hasStarted: boolean;
}

export function openEvents(flags: GetFlags, io: Io): Events {
	const json = flags.json === true && flags.dryRun !== true ? jsonEvents(io.stdout) : undefined;
	let hasStarted = false;
	return {
		on(event) {
			hasStarted ||= event.type === 'run.start';
			json?.on(event);
		},
		get hasStarted() {
			return hasStarted;
		},
	};
}
