import type { Outcome } from '../download/outcome.ts';
import { countAll, countMissing, type Reporter, type RunEnd } from '../events/run-event.ts';
import { printable, printableUrl, shortenAll, wrapWords } from '../util/text.ts';
import { formatBytes, formatCount, formatDuration, plural } from '../util/units.ts';
import { ErrorReport } from './error-report.ts';
import type { Output, Paint } from './output.ts';

const MAX_SLOWEST = 3;
const NAME_MAX_LENGTH = 24;

export interface FinalSummaryOptions {
	readonly output: Output;
	readonly paint: Paint;
	/** As the user wrote it, or a description of several directories; known at the end. */
	readonly outputDir: () => string;
	/** Whether the output is a stream: nothing is saved if writing to it fails. */
	readonly isStream?: boolean;
	/** Current width of the terminal; absent: lines are not wrapped. */
	readonly columns?: (() => number) | undefined;
	/** Where grouped failures are written, after the summary. */
	readonly details?:
		| { readonly output: Output; readonly paint: Paint; readonly columns: () => number }
		| undefined;
	/** The command that downloads the missing files, if there is one. */
	readonly continueCommand?: ((end: RunEnd) => string | undefined) | undefined;
}

const LOGIN_HINT =
	'401 Unauthorized: the server wants a login; add -u <user> or --netrc to the command';

/** Summary of the run: one line if nothing failed, otherwise several. */
export function finalSummary(options: FinalSummaryOptions): Reporter {
	const { output, paint, outputDir, isStream, columns, details, continueCommand } = options;
	const wrap = (text: string) =>
		columns === undefined ? text : wrapWords(text, columns(), '  ').join('\n');
	let slowest: readonly Outcome[] = [];
	let onlyCodes = true;
	let wantsLogin = false;
	const failures = new ErrorReport();
	return {
		on(event) {
			if (event.type === 'outcome') {
				failures.add(event.outcome);
				slowest = slowestOf(slowest, event.outcome);
				onlyCodes &&= /^[A-Z]{2}$/.test(event.outcome.target.id);
				wantsLogin ||= event.outcome.failure?.code === 'http_401';
			} else if (event.type === 'run.end') {
				const isLost = isStream === true && countMissing(event.totals) === 0;
				// The run saved nothing; its error is reported elsewhere.
				if ((isLost || countAll(event.totals) === 0) && event.exitCode !== 0) {
					return;
				}
				const noun = onlyCodes ? 'flag' : 'file';
				if (countMissing(event.totals) === 0) {
					output.write(`${paint.good(wrap(completeLine(event, noun, outputDir())))}\n`);
					return;
				}
				const [verdict = '', ...figures] = incompleteLines(event, noun, slowest).map(wrap);
				const lines = [paint.strong(verdict), ...figures.map((line) => paint.dim(line))];
				output.write(`${lines.join('\n')}\n`);
				details?.output.write(failures.text(details.columns(), details.paint));
				if (wantsLogin) {
					output.write(`${wrap(LOGIN_HINT)}\n`);
				}
				const command = continueCommand?.(event);
				if (command !== undefined) {
					output.write(`To continue:\n  ${paint.strong(printable(command))}\n`);
				}
			}
		},
	};
}

/** `20 flags (112 kB) saved to downloads in 0.31 s, 1.00 requests per flag` */
function completeLine(end: RunEnd, noun: string, outputDir: string): string {
	const { ok, unchanged } = end.totals;
	const others = existingText(end);
	if (ok === 0) {
		return others === ''
			? 'Nothing to do'
			: `Nothing to save in ${printable(outputDir)}: ${others}`;
	}

	const saved = `${plural(ok, noun)} (${formatBytes(end.bytes)}) saved to ${printable(outputDir)} in ${formatDuration(end.wallMs)}`;
	const perFile = `${(end.requests / (ok + unchanged)).toFixed(2)} requests per ${noun}`;
	return `${saved}, ${perFile}${others === '' ? '' : `; ${others}`}`;
}

/** Files that existed already. */
function existingText({ totals: { unchanged, skipped } }: RunEnd): string {
	return countsText({ unchanged, 'already there': skipped });
}

/** `3 not found, 1 failed`: counts above zero. */
function countsText(counts: Readonly<Record<string, number>>): string {
	const present = Object.entries(counts).filter(([, count]) => count > 0);
	return present.map(([word, count]) => `${formatCount(count)} ${word}`).join(', ');
}

function incompleteLines(end: RunEnd, noun: string, slowest: readonly Outcome[]): string[] {
	const saved = `Saved ${formatCount(end.totals.ok)} of ${plural(countAll(end.totals), noun)}`;
	const { totals, notStarted } = end;
	const counts = countsText({
		unchanged: totals.unchanged,
		'already there': totals.skipped,
		'not found': totals.not_found,
		failed: totals.error,
		interrupted: totals.cancelled - notStarted,
		'not started': notStarted,
	});
	const names = shortNames(slowest, NAME_MAX_LENGTH);
	const times = slowest.map(
		({ startMs, endMs }, index) => `${names[index]} ${formatDuration(endMs - startMs)}`,
	);

	return [
		`${saved}: ${counts}`,
		`${formatBytes(end.bytes)} in ${formatDuration(end.wallMs)}, ${plural(end.requests, 'request')}, ${plural(end.retries, 'retry', 'retries')}`,
		...(times.length > 0 ? [`slowest: ${times.join(', ')}`] : []),
	];
}

/** Distinct names of targets, shortened to `maxLength` characters. */
export function shortNames(outcomes: readonly Outcome[], maxLength: number): readonly string[] {
	return shortenAll(outcomes.map(nameOf), maxLength);
}

/** The last segment of a URL, or the whole URL if the segment is empty or ambiguous. */
function nameOf({ target: { id, url } }: Outcome, _index: number, all: readonly Outcome[]): string {
	if (id !== url) {
		return printableUrl(id);
	}
	const last = lastPart(url);
	const isUnique = all.filter((other) => lastPart(other.target.url) === last).length === 1;
	const name = isUnique && last !== '' ? last : url.replace(/^https?:\/\//, '');
	return printableUrl(name);
}

function lastPart(url: string): string {
	return url.slice(url.lastIndexOf('/') + 1);
}

function slowestOf(slowest: readonly Outcome[], outcome: Outcome): readonly Outcome[] {
	const last = slowest[MAX_SLOWEST - 1];
	// Skipped and not started targets took no time; unreachable ones did, without a request.
	const tried = outcome.requests > 0 || outcome.status === 'error';
	if (!tried || (last !== undefined && durationMs(outcome) <= durationMs(last))) {
		return slowest;
	}
	return [...slowest, outcome].sort((a, b) => durationMs(b) - durationMs(a)).slice(0, MAX_SLOWEST);
}

function durationMs({ startMs, endMs }: Outcome): number {
	return endMs - startMs;
}
