import { formatAboutMs, formatMegabytes, formatMs, formatShare } from '../../util/units.ts';
import { isServerBound } from '../analysis/bound-by.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';

/** A column of a table of text. */
export interface Column<Row> {
	readonly head: string;
	/** What it says, in a few words. */
	readonly meaning?: string;
	readonly text: (row: Row) => string;
	/** @default 'right' */
	readonly align?: 'left' | 'right';
	/** Columns of one rank are shown together, if higher ranks leave room. Absent: always shown. */
	readonly rank?: number;
}

/** Columns of the table of cells, on the terminal and on the page. */
export const CELL_COLUMNS: readonly Column<CellAnalysis>[] = [
	{
		head: 'strategy',
		meaning: 'who does the work',
		align: 'left',
		text: ({ cell }) => cell.name,
	},
	{
		head: 'slots',
		meaning: 'requests at a time, at most',
		text: ({ cell }) => String(cell.concurrency),
	},
	{ head: 'time', meaning: 'median, from first request to last file', text: timeText },
	{
		head: 'CPU',
		meaning: 'processor time of the whole process',
		rank: 10,
		text: ({ cpuMs }) => known(cpuMs, formatAboutMs),
	},
	{
		head: 'memory',
		meaning: 'peak of the whole process',
		rank: 10,
		text: ({ maxRssBytes }) => known(maxRssBytes, formatMegabytes),
	},
	{
		head: '±',
		meaning: 'half of the runs are so near',
		rank: 9,
		text: ({ time }) => known(time?.spread, formatSpread),
	},
	{
		head: 'of ideal',
		meaning: 'ideal ÷ time',
		rank: 8,
		text: ({ efficiency }) => known(efficiency, formatShare),
	},
	{ head: 'bound by', meaning: 'what took the time', rank: 8, align: 'left', text: boundBy },
	{
		head: 'retries',
		meaning: 'requests after a failed one',
		rank: 7,
		text: ({ retries }) => (retries ? retries.toFixed(0) : ''),
	},
	{
		head: 'missing',
		meaning: 'files that were not there in the end',
		text: ({ missing }) => (missing > 0 ? missing.toFixed(0) : ''),
	},
	{
		head: 'bad',
		meaning: 'runs that failed, of all',
		text: ({ bad, good }) => (bad > 0 ? `${bad}/${bad + good}` : ''),
	},
	{
		head: 'p50',
		meaning: 'half of the requests took at most',
		rank: 6,
		text: (cell) => percentile(cell, 0.5),
	},
	{
		head: 'p95',
		meaning: '95 of 100 requests took at most',
		rank: 6,
		text: (cell) => percentile(cell, 0.95),
	},
	{
		head: 'p99',
		meaning: '99 of 100 requests took at most',
		rank: 3,
		text: (cell) => percentile(cell, 0.99),
	},
	{
		head: 'start',
		meaning: 'from start of the run to first request',
		rank: 4,
		text: ({ startUpMs }) => known(startUpMs, formatAboutMs),
	},
	{
		head: 'process',
		meaning: 'from start of the process to its end',
		rank: 5,
		text: ({ processMs }) => known(processMs, formatAboutMs),
	},
];

/** Above this spread a third digit says nothing. */
const ROUGH = 0.03;

function timeText({ time }: CellAnalysis): string {
	if (time === undefined) {
		return 'failed';
	}
	return time.spread > ROUGH ? formatAboutMs(time.medianMs) : formatMs(time.medianMs);
}

function formatSpread(spread: number): string {
	return spread < 0.005 ? '<1 %' : `${Math.round(spread * 100)} %`;
}

/** What limited a cell, in a word or two. */
function boundBy(cell: CellAnalysis): string {
	if (isServerBound(cell)) {
		return 'server';
	}
	return cell.boundBy ?? '';
}

function percentile({ latency }: CellAnalysis, p: number): string {
	return known(latency.find((one) => one.p === p)?.ms, formatAboutMs);
}

function known(value: number | undefined, format: (value: number) => string): string {
	return value === undefined ? '' : format(value);
}
