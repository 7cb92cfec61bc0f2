import { formatMs } from '../../util/units.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import type { Run } from '../results.ts';
import type { PageContext } from './context.ts';
import { cellColumns, figureSection, htmlTable, legendList, type Panel } from './html.ts';
import {
	AXIS_HEIGHT,
	dot,
	linearScale,
	type Mark,
	plot,
	type Scale,
	text,
	WIDTH,
	xAxis,
} from './svg.ts';

const ROW = 24;
const LEFT = 104;
/** Runs with a larger deviation are drawn at the edge. */
const MAX_DEVIATION_PERCENT = 60;

/** Every run as a dot, by its deviation from the median of its cell. */
export function runsSection(context: PageContext): string {
	const { measured, analysis } = context;
	const rounds = [...new Set(measured.runs.map(({ round }) => round))];
	const time = (run: Run | undefined) =>
		run === undefined ? '' : run.status === 'ok' ? formatMs(run[analysis.clock] ?? 0) : run.status;
	return figureSection({
		title: 'Every run',
		caption:
			'Each dot is a run: how much longer (right) or shorter (left) than the median of its cell it took. Outliers are ringed, and kept. If all dots of a round lie on one side, the machine was slower or faster then; the comparison within rounds cancels that.',
		panels: [byCell(context), byRound(context)],
		legend: legendList([
			{ mark: '<circle class="outline" cx="12" cy="6" r="5"/>', label: 'outlier' },
			{
				mark: '<path class="outline" d="M8 2l8 8m-8 0l8 -8"/>',
				label: 'failed or incomplete, not averaged in',
			},
		]),
		table: htmlTable(
			[
				...cellColumns(({ cell }: CellAnalysis) => cell),
				...rounds.map((round) => ({
					head: `round ${round}`,
					meaning: 'time of the run',
					text: ({ cell }: CellAnalysis) =>
						time(measured.runs.find((run) => run.cell === cell.id && run.round === round)),
				})),
				{
					head: 'outliers',
					meaning: 'far from the median, and what was seen then',
					align: 'left' as const,
					text: outlierText,
				},
			],
			analysis.cells,
		),
	});
}

interface Dot {
	readonly run: Run;
	readonly row: number;
	readonly colour: number;
	/** Deviation from the median of the cell. Absent for a run that is not ok. */
	readonly percent?: number;
	readonly outlier: boolean;
}

function dotsOf({ measured, analysis, colour }: PageContext): readonly Dot[] {
	return analysis.cells.flatMap(({ cell, time, outliers }, row) =>
		measured.runs
			.filter((run) => run.cell === cell.id)
			.map((run) => {
				const ms = run.status === 'ok' ? run[analysis.clock] : undefined;
				return {
					run,
					row,
					colour: colour(cell.name),
					...(ms !== undefined && time && { percent: (ms / time.medianMs - 1) * 100 }),
					outlier: outliers.some(({ round }) => round === run.round),
				};
			}),
	);
}

function percentScale(dots: readonly Dot[]): Scale {
	const far = Math.max(
		5,
		...dots.map(({ percent = 0 }) => Math.min(MAX_DEVIATION_PERCENT, Math.abs(percent))),
	);
	return linearScale([-far * 1.1, far * 1.1], [0, WIDTH], 4);
}

function byCell(context: PageContext): Panel {
	const names = context.analysis.cells.map(({ cell }) => `${cell.name} ${cell.concurrency}`);
	return rowsPanel(context, 'By cell', names, ({ row }) => row);
}

function byRound(context: PageContext): Panel {
	const rounds = context.measured.runs.reduce((max, { round }) => Math.max(max, round), 1);
	const names = Array.from({ length: rounds }, (_, at) => `round ${at + 1}`);
	return rowsPanel(context, 'By round', names, ({ run }) => run.round - 1);
}

function rowsPanel(
	context: PageContext,
	title: string,
	names: readonly string[],
	rowOf: (one: Dot) => number,
): Panel {
	const dots = dotsOf(context);
	const frame = { top: 4, bottom: 4 + names.length * ROW };
	const x = percentScale(dots);
	const yOf = (row: number) => frame.top + (row + 0.5) * ROW;
	const labels = names.map((name, row) =>
		text(0, yOf(row), name, { anchor: 'end', className: 'name' }),
	);
	return {
		title,
		svg: plot(
			{
				label: `Deviation of each run from the median of its cell, ${title.toLowerCase()}`,
				height: frame.bottom + AXIS_HEIGHT,
				left: LEFT,
			},
			[
				...xAxis(
					{ scale: x, title: 'time against the median of its cell', label: percentLabel },
					frame,
				),
				...labels,
				...dots.flatMap((one) => marksOf(one, x, yOf(rowOf(one)))),
			],
		),
	};
}

function marksOf({ percent, colour, outlier }: Dot, x: Scale, y: number): readonly Mark[] {
	if (percent === undefined) {
		return [text(12, y, '×', { className: 'cross' })];
	}
	const at = x(Math.max(-MAX_DEVIATION_PERCENT, Math.min(MAX_DEVIATION_PERCENT, percent)));
	const ring = outlier ? [text(at, y, '', { className: 'ring' })] : [];
	return [...ring, dot(at, y, `s${colour}`)];
}

function percentLabel(percent: number): string {
	return percent === 0 ? 'median' : `${percent > 0 ? '+' : '−'}${Math.abs(percent)} %`;
}

function outlierText({ outliers }: CellAnalysis): string {
	return outliers
		.map(({ round, outlier, seen }) => `round ${round} (${outlier}): ${seen}`)
		.join('; ');
}
