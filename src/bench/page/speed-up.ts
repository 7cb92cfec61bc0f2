import { boundsOf } from '../../statistics/paired-ratio.ts';
import { formatMs, formatTimes, formatTimesRange } from '../../util/units.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import {
	amounts,
	type Column,
	cellColumns,
	cellLabel,
	column,
	timeText,
	words,
} from '../report/cell-columns.ts';
import { cellText } from '../report/verdict.ts';
import type { Cell } from '../results.ts';
import {
	bySlots,
	figureSection,
	htmlTable,
	IDEAL_ITEM,
	lineLegend,
	namesOf,
	type PageContext,
} from './section.ts';
import { dashedLast } from './style.ts';
import {
	chart,
	chartFrame,
	dot,
	line,
	linePath,
	logScale,
	type Mark,
	polyline,
	rowsChart,
	shape,
	text,
	WIDTH,
} from './svg.ts';

const HEIGHT = 330;
/** Horizontal offset between strategies at the same number of slots, so that none hides another. */
const DODGE = 16;

export function speedUpSection(context: PageContext): string {
	const { analysis, colour } = context;
	const timed = analysis.cells.filter(({ time }) => time !== undefined);
	const baseline = timed.find(({ cell }) => cell.id === analysis.baseline);
	if (baseline?.time === undefined || analysis.cells.length < 2) {
		return '';
	}
	const { medianMs } = baseline.time;
	const points = timed.map(({ cell, speedUp = { ratio: 1 } }) => ({ cell, ...boundsOf(speedUp) }));
	return figureSection({
		title: 'Speed-up against concurrency',
		caption: `How many times as fast as ${cellText(baseline.cell)} (${timeText(baseline)}), compared within rounds. Whiskers are 95 % intervals; where none is to be seen it is smaller than its dot. Strategies stand beside each other at each number of slots. The dotted line is the ideal: the schedule of the latencies that the server really served.`,
		panels: [
			{ title: 'Over the number of slots', svg: overSlots(context, points, medianMs) },
			{ title: 'Each cell with its interval', svg: intervals(context, points) },
		],
		legend: lineLegend(namesOf(timed), colour, [IDEAL_ITEM]),
		table: htmlTable(COLUMNS, analysis.cells),
	});
}

interface Point extends ReturnType<typeof boundsOf> {
	readonly cell: Cell;
}

const timesLabel = (ratio: number) => `${ratio} ×`;

function overSlots(
	{ analysis: { cells }, colour }: PageContext,
	points: readonly Point[],
	baselineMs: number,
): string {
	const ideal = idealPoints(cells, baselineMs);
	const slots = bySlots(cells).map(([count]) => count);
	const [first = 1, last = 1] = [slots[0], slots.at(-1)];
	// Ticks only at measured numbers of slots.
	const x = Object.assign(logScale([first / 1.4, last * 1.4], [0, WIDTH]), { ticks: slots });
	const [least, most] = extremes(
		points,
		ideal.map(([, ratio]) => ratio),
	);
	const { top, bottom } = chartFrame(HEIGHT);
	const y = logScale([least / 1.05, most * 1.15], [bottom, top]);
	const names = [...new Set(cells.map(({ cell }) => cell.name))];
	const lines = dashedLast(names, colour).flatMap((name) => {
		const dodge = (names.indexOf(name) - (names.length - 1) / 2) * DODGE;
		const own = points.filter(({ cell }) => cell.name === name);
		return series(own, colour(name), (count) => x(count) + dodge, y);
	});

	return chart(
		{ label: 'Speed-up over the number of slots', height: HEIGHT, left: 42 },
		{ scale: x, title: 'slots (logarithmic scale)', label: String },
		{ scale: y, title: 'times as fast (logarithmic scale)', label: timesLabel },
		[shape(polyline(ideal.map(([c, ratio]) => [x(c), y(ratio)])), 'ideal'), ...lines],
	);
}

function extremes(points: readonly Point[], others: readonly number[]): readonly [number, number] {
	return [
		Math.min(0.9, ...points.map(({ lower }) => lower)),
		Math.max(2, ...others, ...points.map(({ upper }) => upper)),
	];
}

function series(
	points: readonly Point[],
	colour: number,
	x: (slots: number) => number,
	y: (ratio: number) => number,
): readonly Mark[] {
	const path = polyline(points.map(({ cell, ratio }) => [x(cell.concurrency), y(ratio)]));
	const marks = points.flatMap(({ cell, ratio, lower, upper }) => {
		const at = x(cell.concurrency);
		const cap = (value: number) => linePath(at - 6, y(value), at + 6, y(value));
		const whisker = linePath(at, y(lower), at, y(upper)) + cap(lower) + cap(upper);
		return [shape(whisker, `whisker s${colour}`), dot(at, y(ratio), `s${colour}`)];
	});
	return [shape(path, `line s${colour}`), ...marks];
}

function idealPoints(
	cells: readonly CellAnalysis[],
	baselineMs: number,
): readonly (readonly [number, number])[] {
	return bySlots(cells).flatMap(([slots, own]) => {
		const ideals = own.flatMap(({ ideal }) => ideal?.ms ?? []);
		return ideals.length === 0 ? [] : [[slots, baselineMs / Math.min(...ideals)] as const];
	});
}

/** As high as the figure beside it, if the number of rows allows it. */
const INTERVALS_HEIGHT = 300;

function intervals({ colour }: PageContext, points: readonly Point[]): string {
	const [least, most] = extremes(points, []);
	const x = logScale([least / 1.05, most * 1.05], [0, WIDTH]);
	return rowsChart(
		{
			label: 'Speed-up of each cell with its interval',
			names: points.map(({ cell }) => cellLabel(cell)),
			pitch: Math.max(22, Math.min(44, INTERVALS_HEIGHT / Math.max(1, points.length))),
			left: 92,
			right: 52,
			x: { scale: x, title: 'times as fast (logarithmic scale)', label: timesLabel },
		},
		(y) =>
			points.flatMap(({ cell, ratio, lower, upper }, at) => [
				line(x(lower), y(at), x(upper), y(at), `interval s${colour(cell.name)}`),
				dot(x(ratio), y(at), `s${colour(cell.name)}`),
				text(WIDTH, y(at), `${ratio === 1 ? 1 : formatTimes(ratio)} ×`, 'start value'),
			]),
	);
}

const COLUMNS: readonly Column<CellAnalysis>[] = [
	...cellColumns<CellAnalysis>(({ cell }) => cell),
	amounts('median', 'time from first request to last file', (one) => one.time?.medianMs, formatMs),
	amounts(
		'times as fast',
		'as the baseline, within rounds',
		(one) => one.speedUp?.ratio,
		formatTimes,
	),
	column('95 % interval', 'of that ratio', intervalText),
	words('method', 'of the interval', ({ speedUp }) => speedUp?.interval?.method ?? ''),
	column('rounds faster', 'than the baseline', ({ speedUp }) =>
		speedUp ? `${speedUp.longer} of ${speedUp.rounds}` : '',
	),
	amounts(
		'as a process',
		'times as fast, start and end included',
		({ processSpeedUp }) => processSpeedUp?.ratio,
		formatTimes,
	),
	amounts('ideal', 'time that no client could avoid', ({ ideal }) => ideal?.ms, formatMs),
];

/** `6.2 to 6.9`. */
export function intervalText({ speedUp }: CellAnalysis): string {
	return speedUp?.interval ? formatTimesRange(speedUp.interval.low, speedUp.interval.high) : '';
}
