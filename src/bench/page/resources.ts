import { median } from '../../statistics/percentile.ts';
import { formatMegabytes, formatMs, formatShare } from '../../util/units.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { completedRuns } from '../analysis/clock.ts';
import type { Column } from '../report/cell-columns.ts';
import type { Run } from '../results.ts';
import type { PageContext } from './context.ts';
import { cellColumns, figureSection, htmlTable, type Panel } from './html.ts';
import { AXIS_HEIGHT, dot, linearScale, plot, rect, text, tickMs, WIDTH, xAxis } from './svg.ts';

const ROW = 24;
const LEFT = 104;

/** Processor time and peak memory of each cell. */
export function resourceSection(context: PageContext): string {
	const cells = context.analysis.cells.filter(({ cpuMs }) => cpuMs !== undefined);
	if (cells.length === 0) {
		return '';
	}
	return figureSection({
		title: 'Processor time and memory',
		caption:
			'Of the whole process of a run, start included: medians as bars, every run as a dot. Peak memory of a peer is not known.',
		panels: [
			panel(context, cells, 'Processor time', (run) => run.cpuMs, tickMs),
			panel(
				context,
				cells.filter(({ maxRssBytes }) => maxRssBytes !== undefined),
				'Peak memory',
				(run) => run.maxRssBytes,
				(bytes) => `${bytes / 1e6} MB`,
			),
		],
		table: htmlTable(COLUMNS, cells),
	});
}

function panel(
	{ measured, colour }: PageContext,
	cells: readonly CellAnalysis[],
	title: string,
	value: (run: Run) => number | undefined,
	label: (value: number) => string,
): Panel {
	const axis = `${title.toLowerCase()} of a run`;
	const rows = cells.map(({ cell }) => ({
		cell,
		values: completedRuns(measured, cell.id).flatMap((run) => value(run) ?? []),
	}));
	const frame = { top: 4, bottom: 4 + rows.length * ROW };
	const most = Math.max(1, ...rows.flatMap(({ values }) => values));
	const x = linearScale([0, most * 1.04], [0, WIDTH], 3);
	const bars = rows.flatMap(({ cell, values }, at) => {
		const y = frame.top + at * ROW;
		const middle = values.length === 0 ? 0 : median(values);
		const s = colour(cell.name);
		const bar = { x: 0, y: y + 5, width: x(middle), height: ROW - 10 };
		return [
			text(0, y + ROW / 2, `${cell.name} ${cell.concurrency}`, {
				anchor: 'end',
				className: 'name',
			}),
			rect(bar, `bar f${s}`),
			...values.map((one) => dot(x(one), y + ROW / 2, `s${s} small`)),
		];
	});
	return {
		title,
		svg: plot({ label: `${title} of each cell`, height: frame.bottom + AXIS_HEIGHT, left: LEFT }, [
			...xAxis({ scale: x, title: axis, label }, frame),
			...bars,
		]),
	};
}

const COLUMNS: readonly Column<CellAnalysis>[] = [
	...cellColumns<CellAnalysis>(({ cell }) => cell),
	{ head: 'threads', meaning: 'worker threads', text: ({ cell }) => String(cell.threads ?? '') },
	{
		head: 'CPU',
		meaning: 'processor time of the whole process',
		text: ({ cpuMs }) => known(cpuMs, formatMs),
	},
	{
		head: 'of that, start',
		meaning: 'processor time of a run with one file',
		text: ({ cell }) => known(cell.startCpuMs, formatMs),
	},
	{
		head: 'start',
		meaning: 'from start of the run to first request',
		text: ({ startUpMs }) => known(startUpMs, formatMs),
	},
	{
		head: 'share used',
		meaning: 'processor time without the start, of what its threads could have had',
		text: ({ clientUtilization }) => known(clientUtilization, formatShare),
	},
	{
		head: 'peak memory',
		meaning: 'of the whole process',
		text: ({ maxRssBytes }) => known(maxRssBytes, formatMegabytes),
	},
	{
		head: 'event-loop delay',
		meaning: '99 of 100 turns were at most so late',
		text: ({ eventLoopDelayP99Ms }) => known(eventLoopDelayP99Ms, formatMs),
	},
	{
		head: 'server',
		meaning: 'share of the time in which its event loop worked',
		text: ({ serverUtilization }) => known(serverUtilization, formatShare),
	},
	{
		head: 'requests',
		meaning: 'sent, redirects and retries included',
		text: ({ requests }) => known(requests, (count) => count.toFixed(0)),
	},
	{
		head: 'retries',
		meaning: 'requests after a failed one',
		text: ({ retries }) => known(retries, (count) => count.toFixed(0)),
	},
	{
		head: 'connections',
		meaning: 'opened',
		text: ({ connections }) => known(connections, (count) => count.toFixed(0)),
	},
	{
		head: 'in flight',
		meaning: 'requests at a time, on average',
		text: ({ inFlight }) => known(inFlight, (count) => count.toFixed(1)),
	},
];

function known(value: number | undefined, format: (value: number) => string): string {
	return value === undefined ? '' : format(value);
}
