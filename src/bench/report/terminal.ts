import type { Paint } from '../../reporters/output.ts';
import { boundsOf } from '../../statistics/paired-ratio.ts';
import { wrapWords } from '../../util/text.ts';
import { formatTimes, formatTimesRange } from '../../util/units.ts';
import type { Analysis } from '../analysis/analysis.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import type { Measured } from '../results.ts';
import { CELL_COLUMNS, type Column, cellLabel } from './cell-columns.ts';
import { remarks } from './remarks.ts';
import { cellText, title, verdict } from './verdict.ts';

const MAX_WIDTH = 100;
/** Maximum width of sentences. */
const MAX_TEXT_WIDTH = 80;

interface Screen {
	readonly columns: number;
	readonly paint: Paint;
}

/** The report for a terminal without its last line, with a final line break. */
export function terminalReport(
	measured: Measured,
	analysis: Analysis,
	{ columns, paint }: Screen,
): string {
	const width = Math.min(MAX_WIDTH, columns);
	const [head = '', ...rows] = tableLines(CELL_COLUMNS, analysis.cells, width);
	const baseline = analysis.cells.find(({ cell }) => cell.id === analysis.baseline);
	const wrap = (text: string) => wrapWords(text, Math.min(MAX_TEXT_WIDTH, width) + 1, '');
	const dim = (text: string) => wrap(text).map((line) => paint.dim(line));
	const hasInterval = analysis.cells.some(({ speedUp }) => speedUp?.interval !== undefined);
	const shades = hasInterval ? ': █ at least, ░ at most (95 % interval)' : '';
	const sentences = verdict(analysis);
	const notes = remarks(measured, analysis);

	return [
		...wrap(title(measured)).map((line) => paint.strong(line)),
		'',
		paint.dim(head),
		...rows.map((row, at) => paintLine(row, analysis.cells[at]?.cell.id, analysis, paint)),
		...(baseline === undefined || analysis.cells.length < 2
			? []
			: [
					'',
					...dim(`times as fast as ${cellText(baseline.cell)}${shades}`),
					...speedUpBars(analysis, width, paint),
				]),
		...(sentences.length > 0 ? [''] : []),
		...sentences.flatMap(wrap),
		...(notes.length > 0 ? [''] : []),
		...notes.flatMap(dim),
		'',
		// Not wrapped, so that it can be copied.
		paint.dim(`Again: ${measured.command}`),
		'',
	].join('\n');
}

export function lastLine({ recommendation }: Analysis, { columns, paint }: Screen): string {
	const lines = wrapWords(recommendation.text, columns + 1, '');
	const painted = lines.map((line) => {
		const strong = paint.strong(line);
		return recommendation.cell === undefined ? strong : paint.good(strong);
	});
	return `\n${painted.join('\n')}\n`;
}

/** Below this width, columns are closer together. */
const NARROW = 60;

/**
 * Lines of a table, head first.
 *
 * @param width - Maximum number of characters, as far as omitting ranked columns allows.
 */
function tableLines<Row>(
	columns: readonly Column<Row>[],
	rows: readonly Row[],
	width: number,
): readonly string[] {
	const gap = width < NARROW ? ' ' : '  ';
	const filled = columns.filter(({ text }) => rows.some((row) => text(row) !== ''));
	const kept = fitting(filled, rows, width, gap.length);
	const line = (cells: readonly string[]) =>
		cells
			.map((cell, at) => {
				const { column, wide } = kept[at] as Sized<Row>;
				return column.align === 'left' ? cell.padEnd(wide) : cell.padStart(wide);
			})
			.join(gap)
			.trimEnd();
	return [
		line(kept.map(({ column }) => column.head)),
		...rows.map((row) => line(kept.map(({ column }) => column.text(row)))),
	];
}

interface Sized<Row> {
	readonly column: Column<Row>;
	readonly wide: number;
}

/** Columns without a rank, and as many of the others as fit, highest ranks first. */
function fitting<Row>(
	columns: readonly Column<Row>[],
	rows: readonly Row[],
	width: number,
	gap: number,
): readonly Sized<Row>[] {
	const sized = columns.map((column) => ({
		column,
		wide: Math.max(column.head.length, ...rows.map((row) => column.text(row).length)),
	}));
	const total = (some: readonly Sized<Row>[]) =>
		some.reduce((sum, { wide }) => sum + wide + gap, -gap);
	const ranks = new Set(columns.flatMap(({ rank }) => rank ?? []));
	const shown = new Set<number | undefined>([undefined]);
	for (const rank of [...ranks].sort((one, other) => other - one)) {
		const more = sized.filter(({ column }) => shown.has(column.rank) || column.rank === rank);
		if (total(more) <= width) {
			shown.add(rank);
		}
	}
	return sized.filter(({ column }) => shown.has(column.rank));
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const MAX_BAR_LENGTH = 50;

/** If bars would be shorter, the intervals are omitted. */
const MIN_BAR_LENGTH = 12;

/**
 * A bar for each speed-up: solid up to the lower bound of its interval, shaded up to the upper bound.
 *
 * @param width - Maximum length of a line.
 */
function speedUpBars(analysis: Analysis, width: number, paint: Paint): readonly string[] {
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

/** Highlights the line of the recommended cell. */
function paintLine(
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
