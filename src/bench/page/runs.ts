import { formatMs } from '../../util/units.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import type { Run } from '../results.ts';
import { type PageContext, WIDE_PANEL } from './context.ts';
import { figureSection, htmlTable, legendList, type Panel } from './html.ts';
import { linearScale, px, type Scale, svg, text, xAxis } from './svg.ts';

const WIDTH = WIDE_PANEL;
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
			'Each dot is a run: how much longer or shorter than the median of its cell it took, and in which round. Outliers are ringed, and kept; what drifts from round to round drifts for all.',
		panels: [byCell(context), byRound(context)],
		legend: legendList([
			{ mark: '<circle class="ring" cx="12" cy="6" r="5"/>', label: 'outlier' },
			{
				mark: `<path class="cross" d="${cross(12, 6)}"/>`,
				label: 'failed or incomplete, not averaged in',
			},
		]),
		table: htmlTable(
			[
				{ head: 'strategy', align: 'left', text: ({ cell }) => cell.name },
				{ head: 'slots', text: ({ cell }) => String(cell.concurrency) },
				...rounds.map((round) => ({
					head: `round ${round}`,
					text: ({ cell }: CellAnalysis) =>
						time(measured.runs.find((run) => run.cell === cell.id && run.round === round)),
				})),
				{ head: 'outliers', align: 'left' as const, text: outlierText },
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

function percentScale(dots: readonly Dot[], range: readonly [number, number]): Scale {
	const far = Math.max(
		5,
		...dots.map(({ percent = 0 }) => Math.min(MAX_DEVIATION_PERCENT, Math.abs(percent))),
	);
	return linearScale([-far * 1.1, far * 1.1], range, 5);
}

function byCell(context: PageContext): Panel {
	const { cells } = context.analysis;
	const dots = dotsOf(context);
	const frame = { left: LEFT, top: 4, right: WIDTH - 16, bottom: 4 + cells.length * ROW };
	const x = percentScale(dots, [frame.left, frame.right]);
	const labels = cells.map(({ cell }, at) =>
		text(LEFT - 6, frame.top + at * ROW + ROW / 2 + 4, `${cell.name} ${cell.concurrency}`, {
			anchor: 'end',
			className: 'name',
		}),
	);
	const marks = dots.map((dot) =>
		mark(dot, x, frame.top + dot.row * ROW + ROW / 2, frame.left + 6),
	);
	return {
		title: 'By cell',
		svg: svg(
			WIDTH,
			frame.bottom + 24,
			'Deviation of each run from the median of its cell',
			xAxis(x, frame, percentLabel) + labels.join('') + marks.join(''),
		),
	};
}

function byRound(context: PageContext): Panel {
	const dots = dotsOf(context);
	const rounds = Math.max(1, ...dots.map(({ run }) => run.round));
	const frame = { left: LEFT, top: 4, right: WIDTH - 16, bottom: 4 + rounds * ROW };
	const x = percentScale(dots, [frame.left, frame.right]);
	const labels = Array.from({ length: rounds }, (_, at) =>
		text(LEFT - 6, frame.top + at * ROW + ROW / 2 + 4, `round ${at + 1}`, {
			anchor: 'end',
			className: 'name',
		}),
	);
	const marks = dots.map((dot) =>
		mark(dot, x, frame.top + (dot.run.round - 1) * ROW + ROW / 2, frame.left + 6),
	);
	return {
		title: 'By round',
		svg: svg(
			WIDTH,
			frame.bottom + 24,
			'Deviation of each run from the median of its cell, by round',
			xAxis(x, frame, percentLabel) + labels.join('') + marks.join(''),
		),
	};
}

function mark({ percent, colour, outlier }: Dot, x: Scale, y: number, edge: number): string {
	if (percent === undefined) {
		return `<path class="cross" d="${cross(edge, y)}"/>`;
	}
	const at = x(Math.max(-MAX_DEVIATION_PERCENT, Math.min(MAX_DEVIATION_PERCENT, percent)));
	const ring = outlier ? `<circle class="ring" cx="${px(at)}" cy="${px(y)}" r="6"/>` : '';
	return `${ring}<circle class="dot f${colour}" cx="${px(at)}" cy="${px(y)}" r="3.2"/>`;
}

function cross(x: number, y: number): string {
	return `M${px(x - 4)} ${px(y - 4)}L${px(x + 4)} ${px(y + 4)}M${px(x - 4)} ${px(y + 4)}L${px(x + 4)} ${px(y - 4)}`;
}

function percentLabel(percent: number): string {
	return percent === 0 ? 'median' : `${percent > 0 ? '+' : '−'}${Math.abs(percent)} %`;
}

function outlierText({ outliers }: CellAnalysis): string {
	return outliers
		.map(({ round, outlier, seen }) => `round ${round} (${outlier}): ${seen}`)
		.join('; ');
}
