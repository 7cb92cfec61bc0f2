import { formatMegabytes, formatMs, formatShare } from '../../util/units.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { completedRuns } from '../analysis/clock.ts';
import type { Column } from '../report/cell-columns.ts';
import type { Run } from '../results.ts';
import { type PageContext, WIDE_PANEL } from './context.ts';
import { figureSection, htmlTable, type Panel } from './html.ts';
import { linearScale, px, rect, svg, text, tickMs, xAxis } from './svg.ts';

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
	const rows = cells.map(({ cell }) => ({
		cell,
		values: completedRuns(measured, cell.id).flatMap((run) => value(run) ?? []),
	}));
	const frame = { left: LEFT, top: 4, right: WIDE_PANEL - 14, bottom: 4 + rows.length * ROW };
	const most = Math.max(1, ...rows.flatMap(({ values }) => values));
	const x = linearScale([0, most * 1.04], [frame.left, frame.right], 4);
	const bars = rows.map(({ cell, values }, at) => {
		const y = frame.top + at * ROW;
		const middle = [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
		const s = colour(cell.name);
		return (
			text(LEFT - 6, y + ROW / 2 + 4, `${cell.name} ${cell.concurrency}`, {
				anchor: 'end',
				className: 'name',
			}) +
			`<g opacity=".45">${rect({ x: x(0), y: y + 5, width: x(middle) - x(0), height: ROW - 10 }, `f${s}`)}</g>` +
			values
				.map(
					(one) => `<circle class="dot f${s}" cx="${px(x(one))}" cy="${px(y + ROW / 2)}" r="2.6"/>`,
				)
				.join('')
		);
	});
	return {
		title,
		svg: svg(
			WIDE_PANEL,
			frame.bottom + 24,
			`${title} of each cell`,
			xAxis(x, frame, label) + bars.join(''),
		),
	};
}

const COLUMNS: readonly Column<CellAnalysis>[] = [
	{ head: 'strategy', align: 'left', text: ({ cell }) => cell.name },
	{ head: 'slots', text: ({ cell }) => String(cell.concurrency) },
	{ head: 'threads', text: ({ cell }) => String(cell.threads ?? '') },
	{ head: 'CPU', text: ({ cpuMs }) => known(cpuMs, formatMs) },
	{ head: 'of that, start', text: ({ cell }) => known(cell.startCpuMs, formatMs) },
	{
		head: 'busy in the run',
		text: ({ clientUtilization }) => known(clientUtilization, formatShare),
	},
	{ head: 'peak memory', text: ({ maxRssBytes }) => known(maxRssBytes, formatMegabytes) },
	{
		head: 'event-loop delay p99',
		text: ({ eventLoopDelayP99Ms }) => known(eventLoopDelayP99Ms, formatMs),
	},
	{ head: 'server busy', text: ({ serverUtilization }) => known(serverUtilization, formatShare) },
	{ head: 'requests', text: ({ requests }) => known(requests, (count) => count.toFixed(0)) },
	{ head: 'retries', text: ({ retries }) => known(retries, (count) => count.toFixed(0)) },
	{
		head: 'connections',
		text: ({ connections }) => known(connections, (count) => count.toFixed(0)),
	},
	{ head: 'in flight', text: ({ inFlight }) => known(inFlight, (count) => count.toFixed(1)) },
];

function known(value: number | undefined, format: (value: number) => string): string {
	return value === undefined ? '' : format(value);
}
