import type { Paint } from '../../reporters/output.ts';
import { boundsOf } from '../../statistics/paired-ratio.ts';
import { formatTimes, formatTimesRange } from '../../util/units.ts';
import type { Analysis } from '../analysis/analysis.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { cellLabel } from './cell-columns.ts';

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const MAX_BAR_LENGTH = 50;

/** A shorter bar shows nothing; intervals are left out then. */
const MIN_BAR_LENGTH = 12;

/**
 * A bar for each speed-up: solid up to the lower bound of its interval, shaded up to the upper bound.
 *
 * @param width - Maximum length of a line.
 */
export function speedUpBars(analysis: Analysis, width: number, paint: Paint): readonly string[] {
	const { cells, baseline } = analysis;
	const rows = cells.filter(({ time }) => time !== undefined).map((cell) => rowOf(cell, baseline));
	const longestOf = (texts: readonly string[]) => Math.max(0, ...texts.map(({ length }) => length));
	const labels = longestOf(rows.map(({ label }) => label));
	const ratios = longestOf(rows.map(({ ratio }) => ratio));
	const intervals = longestOf(rows.map(({ interval }) => interval)) + GAP.length;
	const room = width - labels - ratios - 2 * GAP.length;
	const hasIntervals = room - intervals >= MIN_BAR_LENGTH;
	const longest = Math.min(MAX_BAR_LENGTH, Math.max(1, hasIntervals ? room - intervals : room));
	const scale = longest / Math.max(1, ...rows.map(({ upper }) => upper));

	return rows.map(({ id, label, lower, upper, ratio, interval }) => {
		const { text, length } = bar(lower * scale, upper * scale);
		const padding = ' '.repeat(Math.max(0, longest - length));
		const parts = [
			label.padEnd(labels),
			text + padding,
			ratio.padStart(ratios),
			...(hasIntervals ? [interval] : []),
		];
		return paintLine(parts.join(GAP).trimEnd(), id, analysis, paint);
	});
}

/** The line of the recommended cell has the colour. */
export function paintLine(
	line: string,
	id: string | undefined,
	{ recommendation }: Analysis,
	paint: Paint,
): string {
	return id === recommendation.cell ? paint.good(paint.strong(line)) : paint.dim(line);
}

const GAP = '  ';

function rowOf({ cell, speedUp }: CellAnalysis, baseline: string | undefined) {
	const row = { id: cell.id, label: cellLabel(cell) };
	if (cell.id === baseline) {
		return { ...row, lower: 1, upper: 1, ratio: '1 ×', interval: '' };
	}
	if (speedUp === undefined) {
		return { ...row, lower: 0, upper: 0, ratio: '', interval: 'no round with both' };
	}
	const { ratio, interval } = speedUp;
	return {
		...row,
		...boundsOf(speedUp),
		ratio: `${formatTimes(ratio)} ×`,
		interval: interval ? formatTimesRange(interval.low, interval.high) : '',
	};
}

function bar(lower: number, upper: number): { readonly text: string; readonly length: number } {
	const eighths = Math.max(1, Math.round(lower * 8));
	const solid = '█'.repeat(eighths >> 3) + (EIGHTHS[eighths & 7] ?? '');
	const shaded = '░'.repeat(Math.max(0, Math.round(upper) - solid.length));
	return { text: solid + shaded, length: solid.length + shaded.length };
}
