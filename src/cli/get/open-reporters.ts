import type { Option } from 'commander';
import type { Reporter } from '../../events/run-event.ts';
import { errorReport } from '../../reporters/error-report.ts';
import { finalSummary } from '../../reporters/final-summary.ts';
import { heartbeat } from '../../reporters/heartbeat.ts';
import { failureLines, verboseLines, warningLines } from '../../reporters/outcome-lines.ts';
import { paintFor } from '../colours.ts';
import type { GetFlags } from '../get-flags.ts';
import type { Io } from '../io.ts';
import { continuation } from './continuation.ts';

/**
 * Who is told on standard output and standard error. Standard output has what was asked for, and
 * nothing but events with `--json`; standard error has progress and problems.
 */
export async function openReporters(
	flags: GetFlags,
	io: Io,
	options: readonly Option[],
): Promise<readonly Reporter[]> {
	const { stdout, stderr, env } = io;
	const text = flags.json === true ? stderr : stdout;
	const [paint, errorPaint] = [await paintFor(text, env), await paintFor(stderr, env)];
	const { outputDir, failedFile } = flags;
	const next = failedFile === undefined ? undefined : continuation(io.argv, options, failedFile);
	const summary = finalSummary({ output: text, paint, outputDir, next });

	if (flags.quiet === true) {
		return [warningLines(stderr, errorPaint), failureLines(stderr, errorPaint)];
	}
	if (flags.verbose === true) {
		return [warningLines(stderr, errorPaint), verboseLines(text, paint), summary];
	}
	if (!wantsBar(flags, io)) {
		const alive = flags.progress === 'none' ? [] : [heartbeat(stderr)];
		const lines = [warningLines(stderr, errorPaint), failureLines(stderr, errorPaint)];
		return [...lines, ...alive, summary];
	}

	const { progressBar } = await import('../../reporters/progress-bar.ts');
	const { default: cliProgress } = await import('cli-progress');
	const bar = progressBar({ stream: stderr, paint: errorPaint, cliProgress });
	const columns = stderr.columns ?? 80;
	const report = errorReport({ output: stderr, paint: errorPaint, columns });
	return [bar, report, summary];
}

/** A bar is for somebody who watches a terminal that can move its cursor. */
export function wantsBar({ progress, quiet, verbose }: GetFlags, { stderr, env }: Io): boolean {
	const able = stderr.isTTY === true && env['TERM'] !== 'dumb';
	return able && !quiet && !verbose && (progress === 'auto' || progress === 'bar');
}
