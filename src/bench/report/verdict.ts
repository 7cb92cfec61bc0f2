import type { PairedRatio } from '../../statistics/paired-ratio.ts';
import { formatBytes, formatRange, formatRatio, formatShare, plural } from '../../util/units.ts';
import type { Analysis } from '../analysis/analysis.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { isServerBound, type Judgement } from '../analysis/judgements.ts';
import type { Cell, Measured } from '../results.ts';

/** The result in sentences with numbers. Plain text. */
export function verdict({ judgements, cells }: Analysis): readonly string[] {
	const sentences = judgements.map(sentence);
	const bound = cells.filter((cell) => cell.time !== undefined && isServerBound(cell));
	if (bound.length > 0) {
		sentences.push(serverSentence(bound, sentences.length === 0));
	}
	if (sentences.length > 0) {
		return sentences;
	}
	const timed = cells.filter(({ time }) => time !== undefined);
	return [
		timed.length === 0 ? 'No verdict: no run ended well.' : 'No verdict: nothing to compare.',
	];
}

function sentence({ kind, winner, other, ratio, processRatio }: Judgement): string {
	const [one, two] = [cellText(winner), cellText(other)];
	const { interval, longer, rounds } = ratio;
	if (interval === undefined) {
		return `${one} took less time than ${two} in ${longer} of ${rounds} rounds (${formatRatio(ratio.ratio)}\u00a0×): too few rounds for an interval.`;
	}
	const range = formatRange(interval.low, interval.high);
	const whole = wholeProcess(kind, processRatio, one);
	return kind === 'faster'
		? `${one} is ${range}\u00a0× faster than ${two} (${longer} of ${rounds} rounds${methodNote(interval.method)})${whole}.`
		: `No difference found between ${one} and ${two}: ${range}\u00a0× (${rounds} rounds${methodNote(interval.method)})${whole}.`;
}

/** Says so if the start of the process and its threads reverses the result. */
function wholeProcess(
	kind: Judgement['kind'],
	process: PairedRatio | undefined,
	winner: string,
): string {
	const interval = process?.interval;
	if (interval === undefined) {
		return '';
	}
	const { low, high } = interval;
	if (high < 1) {
		const range = formatRange(1 / high, 1 / low);
		return `; with the start of its process and pool, ${winner} is ${range}\u00a0× slower`;
	}
	if (kind === 'faster' && low <= 1) {
		const range = formatRange(low, high);
		return `; with the start of its process and pool, no difference found: ${range}\u00a0×`;
	}
	if (kind === 'no-difference' && low > 1) {
		const range = formatRange(low, high);
		return `; with the start of its process and pool, ${winner} is ${range}\u00a0× faster`;
	}
	return '';
}

function methodNote(method: string): string {
	return method === 'student-t' ? ', t interval' : '';
}

function serverSentence(cells: readonly CellAnalysis[], alone: boolean): string {
	const list = cells
		.map(({ cell, serverUtilization = 0 }) => `${cellText(cell)} ${formatShare(serverUtilization)}`)
		.join(', ');
	const rest = alone ? 'No verdict' : 'No verdict on the rest';
	return `${rest}: the server was the bottleneck (its event loop was busy: ${list}).`;
}

/** `async (32 slots)`. */
function cellText({ name, concurrency }: Cell): string {
	return name === 'sequential'
		? name
		: `${name} (${concurrency}\u00a0${concurrency === 1 ? 'slot' : 'slots'})`;
}

/** What was measured, in one line. */
export function title({ work, rounds, quick, runs }: Measured): string {
	const { files, scenario } = work;
	const bytes = files.reduce((sum, file) => sum + (file.bytes ?? 0), 0);
	const size = files.every((file) => file.bytes !== undefined) ? ` (${formatBytes(bytes)})` : '';
	const from =
		scenario === undefined
			? 'from your server'
			: `scenario ${scenario.name}: ${scenario.description}`;
	const extent = `${plural(rounds, 'round')}${quick ? ' (quick)' : ''}, ${plural(runs.length, 'run')}`;
	return `${plural(files.length, 'file')}${size}, ${extent}, ${from}`;
}
