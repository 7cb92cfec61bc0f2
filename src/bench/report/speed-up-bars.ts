import type { Paint } from '../../reporters/output.ts';
import { formatRange, formatRatio } from '../../util/units.ts';
import type { Analysis } from '../analysis/analysis.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { isServerBound } from '../analysis/judgements.ts';

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const MAX_BAR_LENGTH = 50;

/**
 * A bar for each speed-up: solid up to the lower bound of its interval, shaded up to the upper bound.
 *
 * @param width - Maximum length of a line.
 */
export function speedUpBars(
	{ cells, baseline }: Pick<Analysis, 'cells' | 'baseline'>,
	width: number,
	paint: Paint,
): readonly string[] {
	const rows = cells.filter(({ time }) => time !== undefined).map((cell) => rowOf(cell, baseline));
	const labels = Math.max(0, ...rows.map(({ label }) => label.length));
	const notes = Math.max(0, ...rows.map(({ note }) => note.length));
	const longest = Math.min(MAX_BAR_LENGTH, width - labels - notes - 4);
	const most = Math.max(1, ...rows.map(({ upper }) => upper));
	const scale = longest / most;

	return rows.map(({ label, lower, upper, note, dim }) => {
		const { text, length } = bar(lower * scale, upper * scale);
		const padding = ' '.repeat(Math.max(0, longest - length));
		const painted = dim ? paint.dim(text) : text;
		return `${label.padEnd(labels)}  ${painted}${padding}  ${note}`.trimEnd();
	});
}

interface Row {
	readonly label: string;
	readonly lower: number;
	readonly upper: number;
	readonly note: string;
	readonly dim: boolean;
}

function rowOf(analysis: CellAnalysis, baseline: string | undefined): Row {
	const { cell, speedUp } = analysis;
	const label = `${cell.name} ${cell.concurrency}`;
	const dim = isServerBound(analysis);
	if (cell.id === baseline) {
		return { label, lower: 1, upper: 1, note: '1', dim };
	}
	if (speedUp === undefined) {
		return { label, lower: 0, upper: 0, note: 'no round with both', dim };
	}
	const { ratio, interval } = speedUp;
	return {
		label,
		lower: interval?.low ?? ratio,
		upper: interval?.high ?? ratio,
		note: `${formatRatio(ratio)} ×${interval ? `  ${formatRange(interval.low, interval.high)}` : ''}`,
		dim,
	};
}

function bar(lower: number, upper: number): { readonly text: string; readonly length: number } {
	const eighths = Math.max(1, Math.round(lower * 8));
	const solid = '█'.repeat(eighths >> 3) + (EIGHTHS[eighths & 7] ?? '');
	const shaded = '░'.repeat(Math.max(0, Math.round(upper) - solid.length));
	return { text: solid + shaded, length: solid.length + shaded.length };
}
