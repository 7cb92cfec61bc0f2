import type { Paint } from '../../reporters/output.ts';
import { wrapWords } from '../../util/text.ts';
import type { Analysis } from '../analysis/analysis.ts';
import type { Measured } from '../results.ts';
import { CELL_COLUMNS, type Column } from './cell-columns.ts';
import { remarks } from './remarks.ts';
import { paintLine, speedUpBars } from './speed-up-bars.ts';
import { title, verdict, whole } from './verdict.ts';

const MAX_WIDTH = 100;
/** Of sentences. */
const MAX_TEXT_WIDTH = 80;

export interface Screen {
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
					...dim(`times as fast as ${whole(baseline.cell)}${shades}`),
					...speedUpBars(analysis, width, paint),
				]),
		...(sentences.length > 0 ? [''] : []),
		...sentences.flatMap(wrap),
		...(notes.length > 0 ? [''] : []),
		...notes.flatMap(dim),
		'',
		// Unbroken, to be copied.
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

/** Below this width the columns stand closer. */
const NARROW = 60;

/**
 * Lines of a table, its head first.
 *
 * @param width - Maximum number of characters, as far as ranked columns can be left out.
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

/** Columns without a rank, and of the others as many as fit, the highest ranks first. */
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
