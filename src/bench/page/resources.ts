import { median } from '../../statistics/percentile.ts';
import { formatMegabytes, formatMs, formatShare } from '../../util/units.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { amounts, type Column, cellColumns, cellLabel } from '../report/cell-columns.ts';
import type { Run } from '../results.ts';
import { completedRuns } from '../results.ts';
import type { PageContext } from './section.ts';
import { figureSection, htmlTable, type Panel } from './section.ts';
import { dot, linearScale, rect, rowsChart, tickMs, WIDTH } from './svg.ts';

const ROW = 24;

export function resourceSection(context: PageContext): string {
	const cells = context.analysis.cells.filter(({ cpuMs }) => cpuMs !== undefined);
	if (cells.length === 0) {
		return '';
	}
	const withMemory = cells.filter(({ maxRssBytes }) => maxRssBytes !== undefined);
	const megabytes = (bytes: number) => `${bytes / 1e6} MB`;
	return figureSection({
		title: 'Processor time and memory',
		caption:
			'Of the whole process of a run, start included: medians as bars, every run as a dot. Peak memory of a peer is not known.',
		panels: [
			panel(context, cells, 'Processor time', (run) => run.cpuMs, tickMs),
			panel(context, withMemory, 'Peak memory', (run) => run.maxRssBytes, megabytes),
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
	const rows = cells.map(({ cell }) => ({
		cell,
		values: completedRuns(measured, cell.id).flatMap((run) => value(run) ?? []),
	}));
	const most = Math.max(1, ...rows.flatMap(({ values }) => values));
	const x = linearScale([0, most * 1.04], [0, WIDTH], 3);
	return {
		title,
		svg: rowsChart(
			{
				label: `${title} of each cell`,
				names: cells.map(({ cell }) => cellLabel(cell)),
				pitch: ROW,
				left: 104,
				x: { scale: x, title: `${title.toLowerCase()} of a run`, label },
			},
			(y) =>
				rows.flatMap(({ cell, values }, at) => {
					const width = x(values.length === 0 ? 0 : median(values));
					const s = colour(cell.name);
					return [
						rect({ x: 0, y: y(at) - ROW / 2 + 5, width, height: ROW - 10 }, `bar f${s}`),
						...values.map((one) => dot(x(one), y(at), `s${s} small`)),
					];
				}),
		),
	};
}

const whole = (count: number) => count.toFixed(0);

const COLUMNS: readonly Column<CellAnalysis>[] = [
	...cellColumns<CellAnalysis>(({ cell }) => cell),
	amounts('threads', 'worker threads', ({ cell }) => cell.threads, String),
	amounts('CPU', 'processor time of the whole process', ({ cpuMs }) => cpuMs, formatMs),
	amounts('of that, start', 'processor time of a run with one file', startCpu, formatMs),
	amounts('start', 'from start of the run to first request', (one) => one.startUpMs, formatMs),
	amounts(
		'share used',
		'processor time without the start, of what its threads could have had',
		({ clientUtilization }) => clientUtilization,
		formatShare,
	),
	amounts('peak memory', 'of the whole process', (one) => one.maxRssBytes, formatMegabytes),
	amounts(
		'event-loop delay',
		'99 of 100 turns were at most so late',
		({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms,
		formatMs,
	),
	amounts(
		'server',
		'share of the time in which its event loop worked',
		({ serverUtilization }) => serverUtilization,
		formatShare,
	),
	amounts('requests', 'sent, redirects and retries included', ({ requests }) => requests, whole),
	amounts('retries', 'requests after a failed one', ({ retries }) => retries, whole),
	amounts('connections', 'opened', ({ connections }) => connections, whole),
	amounts(
		'in flight',
		'requests at a time, on average',
		(one) => one.inFlight,
		(count) => count.toFixed(1),
	),
];

function startCpu({ cell }: CellAnalysis): number | undefined {
	return cell.startCpuMs;
}
