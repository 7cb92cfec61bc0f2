import { formatMegabytes, formatMs, formatShare } from '../../util/units.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { isServerBound } from '../analysis/judgements.ts';

/** A column of a table of text. */
export interface Column<Row> {
	readonly head: string;
	readonly text: (row: Row) => string;
	/** @default 'right' */
	readonly align?: 'left' | 'right';
	/** Columns of one rank are shown together, if higher ranks leave room. Absent: always shown. */
	readonly rank?: number;
}

/** Columns of the table of cells, on the terminal and on the page. */
export const CELL_COLUMNS: readonly Column<CellAnalysis>[] = [
	{ head: 'strategy', align: 'left', text: ({ cell }) => cell.name },
	{ head: 'slots', text: ({ cell }) => String(cell.concurrency) },
	{ head: 'time', text: ({ time }) => (time === undefined ? 'failed' : formatMs(time.medianMs)) },
	{ head: 'of ideal', text: ({ efficiency }) => known(efficiency, formatShare) },
	{ head: 'bound by', align: 'left', text: boundBy },
	{ head: 'p50', rank: 8, text: (cell) => percentile(cell, 0.5) },
	{ head: 'p95', rank: 8, text: (cell) => percentile(cell, 0.95) },
	{ head: 'p99', rank: 4, text: (cell) => percentile(cell, 0.99) },
	{ head: 'retries', rank: 9, text: ({ retries }) => (retries ? retries.toFixed(0) : '') },
	{ head: 'missing', text: ({ missing }) => (missing > 0 ? missing.toFixed(0) : '') },
	{ head: 'bad', text: ({ bad, good }) => (bad > 0 ? `${bad}/${bad + good}` : '') },
	{ head: 'start', rank: 5, text: ({ startUpMs }) => known(startUpMs, formatMs) },
	{ head: 'process', rank: 7, text: ({ processMs }) => known(processMs, formatMs) },
	{ head: 'CPU', rank: 6, text: ({ cpuMs }) => known(cpuMs, formatMs) },
	{ head: 'memory', rank: 6, text: ({ maxRssBytes }) => known(maxRssBytes, formatMegabytes) },
];

/** What limited a cell, in a word or two. */
function boundBy(cell: CellAnalysis): string {
	if (isServerBound(cell)) {
		return 'server';
	}
	return cell.boundBy ?? '';
}

function percentile({ latency }: CellAnalysis, p: number): string {
	return known(latency.find((one) => one.p === p)?.ms, formatMs);
}

function known(value: number | undefined, format: (value: number) => string): string {
	return value === undefined ? '' : format(value);
}
