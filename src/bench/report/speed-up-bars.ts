import type { Paint } from '../../reporters/output.ts';
import { formatRange, formatRatio } from '../../util/units.ts';
import type { Analysis } from '../analysis/analysis.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { isServerBound } from '../analysis/judgements.ts';

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const LONGEST_BAR = 50;

/**
 * A bar for each speed-up: full up to the lower end of its interval, shaded up to the upper end.
 *
 * @param width - Of the longest line.
 */
export function speedUpBars(
	{ cells, baseline }: Pick<Analysis, 'cells' | 'baseline'>,
	width: number,
	paint: Paint,
): readonly string[] {
	const rows = cells.filter(({ time }) => time !== undefined).map((cell) => rowOf(cell, baseline));
	const labels = Math.max(0, ...rows.map(({ label }) => label.length));
	const notes = Math.max(0, ...rows.map(({ note }) => note.length));
	const longest = Math.min(LONGEST_BAR, width - labels - notes - 4);
	const most = Math.max(1, ...rows.map(({ high }) => high));
	const scale = longest / most;

	return rows.map(({ label, low, high, note, dim }) => {
		const { text, length } = bar(low * scale, high * scale);
		const padding = ' '.repeat(Math.max(0, longest - length));
		const painted = dim ? paint.dim(text) : text;
		return `${label.padEnd(labels)}  ${painted}${padding}  ${note}`.trimEnd();
	});
}

interface Row {
	readonly label: string;
	readonly low: number;
	readonly high: number;
	readonly note: string;
	readonly dim: boolean;
}

function rowOf(analysis: CellAnalysis, baseline: string | undefined): Row {
	const { cell, speedUp } = analysis;
	const label = `${cell.name} ${cell.concurrency}`;
	const dim = isServerBound(analysis);
	if (cell.id === baseline) {
		return { label, low: 1, high: 1, note: '1', dim };
	}
	if (speedUp === undefined) {
		return { label, low: 0, high: 0, note: 'no round with both', dim };
	}
	const { ratio, interval } = speedUp;
	return {
		label,
		low: interval?.low ?? ratio,
		high: interval?.high ?? ratio,
		note: `${formatRatio(ratio)} ×${interval ? `  ${formatRange(interval.low, interval.high)}` : ''}`,
		dim,
	};
}

function bar(low: number, high: number): { readonly text: string; readonly length: number } {
	const eighths = Math.max(1, Math.round(low * 8));
	const solid = '█'.repeat(eighths >> 3) + (EIGHTHS[eighths & 7] ?? '');
	const shaded = '░'.repeat(Math.max(0, Math.round(high) - solid.length));
	return { text: solid + shaded, length: solid.length + shaded.length };
}
