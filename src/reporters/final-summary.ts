import type { Outcome } from '../download/outcome.ts';
import type { Reporter, RunEnd } from '../events/run-event.ts';
import { countAll, countMissing } from '../events/summary.ts';
import { printable } from '../util/text.ts';
import { formatBytes, formatCount, formatDuration, plural } from '../util/units.ts';
import type { Output, Paint } from './output.ts';

const MAX_SLOWEST = 3;
const LONGEST_NAME = 18;

export interface FinalSummaryOptions {
	readonly output: Output;
	readonly paint: Paint;
	/** As the user wrote it, or what it is called if it is not one directory. */
	readonly outputDir: string;
	/** The command that downloads what is missing, if there is one. */
	readonly next?: string | undefined;
}

/** What it all came to: one line when all went well, a few when not. */
export function finalSummary({ output, paint, outputDir, next }: FinalSummaryOptions): Reporter {
	let slowest: readonly Outcome[] = [];
	let codesOnly = true;
	return {
		on(event) {
			if (event.type === 'outcome') {
				slowest = slowestOf(slowest, event.outcome);
				codesOnly &&= /^[A-Z]{2}$/.test(event.outcome.target.id);
			} else if (event.type === 'run.end') {
				// No run began, or nothing came of it: what ended it is said elsewhere.
				if (countAll(event.totals) === 0 && event.exitCode !== 0) {
					return;
				}
				const noun = codesOnly ? 'flag' : 'file';
				const lines: string[] =
					countMissing(event.totals) === 0
						? [paint.good(wholeLine(event, noun, outputDir))]
						: incompleteLines(event, noun, slowest, paint);
				if (countMissing(event.totals) > 0 && next !== undefined) {
					lines.push(`to continue: ${printable(next)}`);
				}
				output.write(`${lines.join('\n')}\n`);
			}
		},
	};
}

/** `20 flags, 112 kB in 0.31 s (1.00 requests per file), saved in downloads` */
function wholeLine(end: RunEnd, noun: string, outputDir: string): string {
	const { ok, unchanged, skipped } = end.totals;
	const others = [
		unchanged > 0 ? `${plural(unchanged, noun)} unchanged` : '',
		skipped > 0 ? `${plural(skipped, noun)} there already` : '',
	].filter((part) => part !== '');
	const place = `in ${printable(outputDir)}`;
	if (ok === 0) {
		return others.length === 0 ? 'nothing to do' : `${others.join(', ')}, ${place}`;
	}

	const saved = `${plural(ok, noun)}, ${formatBytes(end.bytes)} in ${formatDuration(end.wallMs)}`;
	const perFile = `(${(end.requests / (ok + unchanged)).toFixed(2)} requests per file)`;
	return [`${saved} ${perFile}, saved ${place}`, ...others].join('; ');
}

function incompleteLines(
	end: RunEnd,
	noun: string,
	slowest: readonly Outcome[],
	paint: Paint,
): string[] {
	const all = countAll(end.totals);
	const there = all - countMissing(end.totals);
	const verdict = `${formatCount(there)} of ${plural(all, noun)} there`;
	const times = slowest.map(
		({ target, startMs, endMs }) => `${shortName(target)} ${formatDuration(endMs - startMs)}`,
	);

	return [
		`${paint.strong(verdict)}: ${countsText(end)} (exit code ${end.exitCode})`,
		`${formatBytes(end.bytes)} in ${formatDuration(end.wallMs)}, ${plural(end.requests, 'request')}, ${plural(end.retries, 'retry', 'retries')}`,
		...(times.length > 0 ? [paint.dim(`slowest: ${times.join(', ')}`)] : []),
	];
}

function shortName({ id, url }: Outcome['target']): string {
	const name = id === url ? url.slice(url.lastIndexOf('/') + 1) : id;
	return printable(name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name);
}

function countsText({ totals, notStarted }: RunEnd): string {
	return [
		[totals.ok, 'saved'] as const,
		[totals.unchanged, 'unchanged'] as const,
		[totals.skipped, 'there before'] as const,
		[totals.not_found, 'not found'] as const,
		[totals.error, totals.error === 1 ? 'error' : 'errors'] as const,
		[totals.cancelled - notStarted, 'interrupted'] as const,
		[notStarted, 'not started'] as const,
	]
		.filter(([count]) => count > 0)
		.map(([count, word]) => `${formatCount(count)} ${word}`)
		.join(', ');
}

function slowestOf(slowest: readonly Outcome[], outcome: Outcome): readonly Outcome[] {
	const last = slowest[MAX_SLOWEST - 1];
	// What was skipped or not started took no time; what could not be reached did.
	const tried = outcome.requests > 0 || outcome.status === 'error';
	if (!tried || (last !== undefined && tookMs(outcome) <= tookMs(last))) {
		return slowest;
	}
	return [...slowest, outcome].sort((a, b) => tookMs(b) - tookMs(a)).slice(0, MAX_SLOWEST);
}

function tookMs({ startMs, endMs }: Outcome): number {
	return endMs - startMs;
}
