import { formatAboutMs, formatMegabytes, formatMs, formatShare } from '../../util/units.ts';
import { isServerBound } from '../analysis/bound-by.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import type { Cell } from '../results.ts';

export interface Column<Row> {
	readonly head: string;
	/** Short explanation. */
	readonly meaning: string;
	readonly text: (row: Row) => string;
	readonly align: 'left' | 'right';
	/** Columns of a rank are shown together, if higher ranks leave room. Absent: always shown. */
	readonly rank?: number;
}

/** A column of numbers. */
export function column<Row>(
	head: string,
	meaning: string,
	text: (row: Row) => string,
	rank?: number,
): Column<Row> {
	return { head, meaning, text, align: 'right', ...(rank !== undefined && { rank }) };
}

/** A column of words. */
export function words<Row>(
	head: string,
	meaning: string,
	text: (row: Row) => string,
	rank?: number,
): Column<Row> {
	return { ...column(head, meaning, text, rank), align: 'left' };
}

/** A column of numbers, some of which may be unknown. */
export function amounts<Row>(
	head: string,
	meaning: string,
	of: (row: Row) => number | undefined,
	format: (value: number) => string,
	rank?: number,
): Column<Row> {
	const text = (row: Row) => {
		const value = of(row);
		return value === undefined ? '' : format(value);
	};
	return column(head, meaning, text, rank);
}

export function cellColumns<Row>(cellOf: (row: Row) => Cell): readonly Column<Row>[] {
	return [
		words('strategy', 'who does the work', (row) => cellOf(row).name),
		column('slots', 'requests at a time, at most', (row) => String(cellOf(row).concurrency)),
	];
}

/** Columns of the table of cells, on the terminal and on the page. */
export const CELL_COLUMNS: readonly Column<CellAnalysis>[] = [
	...cellColumns<CellAnalysis>(({ cell }) => cell),
	column('time', 'median, from first request to last file', timeText),
	amounts('CPU', 'processor time of the whole process', ({ cpuMs }) => cpuMs, formatAboutMs, 10),
	amounts('memory', 'peak of the whole process', (cell) => cell.maxRssBytes, formatMegabytes, 10),
	amounts('±', 'half of the runs are so near', spreadOf, formatSpread, 9),
	amounts('of ideal', 'ideal ÷ time', ({ efficiency }) => efficiency, formatShare, 8),
	words('bound by', 'what took the time', boundBy, 8),
	column('retries', 'requests after a failed one', ({ retries = 0 }) => unlessZero(retries), 7),
	column('missing', 'files that were not there in the end', ({ missing }) => unlessZero(missing)),
	column('bad', 'runs that failed, of all', ({ bad, good }) =>
		bad > 0 ? `${bad}/${bad + good}` : '',
	),
	percentile('p50', 'half of the requests took at most', 0.5, 6),
	percentile('p95', '95 of 100 requests took at most', 0.95, 6),
	percentile('p99', '99 of 100 requests took at most', 0.99, 3),
	amounts('start', 'from start of the run to first request', (c) => c.startUpMs, formatAboutMs, 4),
	amounts('process', 'from start of the process to its end', (c) => c.processMs, formatAboutMs, 5),
];

/** Above this spread a third digit is meaningless. */
const ROUGH_SPREAD = 0.03;

/** The median time, with the precision that the spread justifies. */
export function timeText(cell: CellAnalysis): string {
	const { time, good, bad } = cell;
	if (time === undefined) {
		return good + bad === 0 ? 'not run' : 'failed';
	}
	const isRough = (spreadOf(cell) ?? Number.POSITIVE_INFINITY) > ROUGH_SPREAD;
	return isRough ? formatAboutMs(time.medianMs) : formatMs(time.medianMs);
}

/** Unknown for fewer than three runs. */
function spreadOf({ time, good }: CellAnalysis): number | undefined {
	return good < 3 ? undefined : time?.spread;
}

function formatSpread(spread: number): string {
	return spread < 0.005 ? '<1 %' : formatShare(spread);
}

function boundBy(cell: CellAnalysis): string {
	return isServerBound(cell) ? 'server' : (cell.boundBy ?? '');
}

function unlessZero(count: number): string {
	return count > 0 ? count.toFixed(0) : '';
}

function percentile(head: string, meaning: string, p: number, rank: number): Column<CellAnalysis> {
	const of = ({ latency }: CellAnalysis) => latency.find((one) => one.p === p)?.ms;
	return amounts(head, meaning, of, formatAboutMs, rank);
}

/** Label of a bar or a row of a figure: `async 32`. */
export function cellLabel({ name, concurrency }: Cell): string {
	return `${name} ${concurrency}`;
}
