import type { CellAnalysis } from '../analysis/analysis.ts';
import { isServerBound } from '../analysis/judgement.ts';
import { CELL_COLUMNS } from '../report/cells-table.ts';
import { formatMs, formatRange, formatRatio } from '../report/format.ts';
import type { PageContext } from './context.ts';
import { htmlTable, type TableColumn } from './html.ts';

/** The headline table. */
export function cellsSection({ analysis, measured }: PageContext): string {
	const { clock, cells, baseline } = analysis;
	const planned = measured.work.scenario?.planned.idealMs ?? {};
	const times = cells.flatMap(({ time }) => time?.medianMs ?? []);
	const best = Math.min(...times);
	const [strategy, slots, time, ...others] = CELL_COLUMNS as readonly [Column, Column, Column];
	const speedUp: readonly Column[] = [
		{
			head: 'times as fast',
			text: ({ cell, speedUp: ratio }) =>
				cell.id === baseline ? '1' : ratio ? formatRatio(ratio.ratio) : '',
		},
		{
			head: '95 % interval',
			text: ({ speedUp: ratio }) =>
				ratio?.interval ? formatRange(ratio.interval.low, ratio.interval.high) : '',
		},
		{ head: 'ideal', text: ({ ideal }) => (ideal ? formatMs(ideal.ms) : '') },
		{
			head: 'planned ideal',
			text: ({ cell, time: own }) => (own ? formatPlanned(planned[String(cell.concurrency)]) : ''),
		},
	];
	const what =
		clock === 'wallMs' ? 'from the first request to the last file' : 'of the whole process';
	return `<section>
<h2>The numbers</h2>
<p class="soft">Time is the median ${what}. The ideal is the schedule of the latencies that were really served on that many slots, with the back-off that had to pass; the planned ideal the same of the latencies that were planned, without back-off.</p>
${htmlTable([strategy, slots, time, ...speedUp, ...others], cells, (cell) => rowClass(cell, best))}
</section>`;
}

type Column = TableColumn<CellAnalysis>;

function rowClass(cell: CellAnalysis, bestMs: number): string {
	if (cell.time === undefined) {
		return 'bad';
	}
	if (isServerBound(cell)) {
		return 'grey';
	}
	return cell.time.medianMs === bestMs ? 'best' : '';
}

function formatPlanned(ms: number | undefined): string {
	return ms === undefined || ms === 0 ? '' : formatMs(ms);
}
