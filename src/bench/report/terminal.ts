import type { Paint } from '../../reporters/output.ts';
import type { Analysis } from '../analysis/analysis.ts';
import type { Measured } from '../results.ts';
import { CELL_COLUMNS } from './cells-table.ts';
import { tableLines } from './columns.ts';
import { remarks } from './remarks.ts';
import { speedUpBars } from './speed-up-bars.ts';
import { title } from './title.ts';
import { verdict } from './verdict.ts';
import { wrap } from './wrap.ts';

const WIDEST = 100;

/** The report for a terminal, with its last line break. */
export function terminalReport(
	measured: Measured,
	analysis: Analysis,
	{ columns, paint }: { readonly columns: number; readonly paint: Paint },
): string {
	const width = Math.min(WIDEST, columns);
	const [head = '', ...rows] = tableLines(CELL_COLUMNS, analysis.cells, width);
	const baseline = analysis.cells.find(({ cell }) => cell.id === analysis.baseline);
	const notes = remarks(measured, analysis);

	return [
		...wrap(title(measured), width).map((line) => paint.strong(line)),
		'',
		paint.dim(head),
		...rows,
		...(baseline === undefined || analysis.cells.length < 2
			? []
			: [
					'',
					paint.dim(`times as fast as ${baseline.cell.name}, with its 95 % interval`),
					...speedUpBars(analysis, width, paint),
				]),
		'',
		...verdict(analysis).flatMap((line) => wrap(line, width).map((part) => paint.strong(part))),
		...(notes.length > 0 ? [''] : []),
		...notes.flatMap((note) => wrap(note, width).map((line) => paint.dim(line))),
		'',
		...wrap(`Again: ${measured.command}`, width).map((line) => paint.dim(line)),
		'',
	].join('\n');
}
