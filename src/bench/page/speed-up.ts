import { formatMs, formatTimes, formatTimesRange } from '../../util/units.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import type { Column } from '../report/cell-columns.ts';
import { whole } from '../report/verdict.ts';
import { bySlots, namesOf, type PageContext } from './context.ts';
import {
	cellColumns,
	figureSection,
	htmlTable,
	IDEAL_ITEM,
	lineLegend,
	type Panel,
} from './html.ts';
import { dashedLast } from './style.ts';
import {
	AXIS_HEIGHT,
	dot,
	line,
	linePath,
	logScale,
	type Mark,
	plot,
	polyline,
	type Scale,
	shape,
	text,
	WIDTH,
	xAxis,
	yAxis,
} from './svg.ts';

const HEIGHT = 330;
const FRAME = { top: 26, bottom: HEIGHT - AXIS_HEIGHT };
/** Strategies stand beside each other at each number of slots, so that none hides another. */
const DODGE = 16;

/** Speed-up against the number of slots, with intervals and the ideal. */
export function speedUpSection(context: PageContext): string {
	const { analysis, colour } = context;
	const names = namesOf(analysis.cells.filter(({ time }) => time !== undefined));
	const baseline = analysis.cells.find(({ cell }) => cell.id === analysis.baseline);
	if (baseline?.time === undefined || analysis.cells.length < 2) {
		return '';
	}
	return figureSection({
		title: 'Speed-up against concurrency',
		caption: `How many times as fast as ${whole(baseline.cell)} (${formatMs(baseline.time.medianMs)}), compared within rounds. Whiskers are 95 % intervals; where none is to be seen it is smaller than its dot. Strategies stand beside each other at each number of slots. The dotted line is the ideal: the schedule of the latencies that the server really served.`,
		panels: panels(context, baseline.time.medianMs),
		legend: lineLegend(names, colour, [IDEAL_ITEM]),
		table: htmlTable(COLUMNS, analysis.cells),
	});
}

function panels(context: PageContext, baselineMs: number): readonly Panel[] {
	const { cells } = context.analysis;
	return [
		{ title: 'Over the number of slots', svg: chart(context, cells, baselineMs) },
		{ title: 'Each cell with its interval', svg: intervals(context) },
	];
}

function chart(
	{ analysis, colour }: PageContext,
	shown: readonly CellAnalysis[],
	baselineMs: number,
): string {
	const slots = [...bySlots(analysis.cells).keys()];
	const ideal = idealPoints(analysis.cells, baselineMs);
	const most = Math.max(2, ...ideal.map(([, ratio]) => ratio), ...analysis.cells.map(highest));
	const least = Math.min(0.9, ...analysis.cells.map(lowest));
	const x = slotScale(slots);
	const y = logScale([least / 1.05, most * 1.15], [FRAME.bottom, FRAME.top]);
	const names = namesOf(shown);
	const lines = dashedLast(names, colour).flatMap((name) => {
		const dodge = (names.indexOf(name) - (names.length - 1) / 2) * DODGE;
		const own = shown.filter(({ cell }) => cell.name === name);
		return series(own, colour(name), (slots) => x(slots) + dodge, y);
	});
	const times = (ratio: number) => `${ratio} ×`;

	return plot({ label: 'Speed-up over the number of slots', height: HEIGHT, left: 42 }, [
		...xAxis({ scale: x, title: 'slots (logarithmic scale)', label: String }, FRAME),
		...yAxis({ scale: y, title: 'times as fast (logarithmic scale)', label: times }, FRAME),
		shape(polyline(ideal.map(([c, ratio]) => [x(c), y(ratio)])), 'ideal'),
		...lines,
	]);
}

/** Ticks are the measured numbers only. */
function slotScale(slots: readonly number[]): Scale {
	const [first = 1, last = 1] = [slots[0], slots.at(-1)];
	const scale = logScale([first / 1.4, last * 1.4], [0, WIDTH]);
	return Object.assign((value: number) => scale(value), { ticks: slots });
}

function series(
	cells: readonly CellAnalysis[],
	colour: number,
	x: (slots: number) => number,
	y: Scale,
): readonly Mark[] {
	const points = cells.flatMap(({ cell, speedUp, time }) => {
		if (time === undefined) {
			return [];
		}
		const { ratio = 1, interval } = speedUp ?? {};
		return [
			{
				c: cell.concurrency,
				ratio,
				lower: interval?.low ?? ratio,
				upper: interval?.high ?? ratio,
			},
		];
	});
	const path = polyline(points.map(({ c, ratio }) => [x(c), y(ratio)]));
	const marks = points.flatMap(({ c, ratio, lower, upper }) => {
		const cap = (value: number) => linePath(x(c) - 6, y(value), x(c) + 6, y(value));
		const whisker = linePath(x(c), y(lower), x(c), y(upper)) + cap(lower) + cap(upper);
		return [shape(whisker, `whisker s${colour}`), dot(x(c), y(ratio), `s${colour}`)];
	});
	return [shape(path, `line s${colour}`), ...marks];
}

/** The best possible speed-up at each number of slots. */
function idealPoints(
	cells: readonly CellAnalysis[],
	baselineMs: number,
): readonly (readonly [number, number])[] {
	return [...bySlots(cells)].flatMap(([slots, own]) => {
		const ideals = own.flatMap(({ ideal }) => ideal?.ms ?? []);
		return ideals.length === 0 ? [] : [[slots, baselineMs / Math.min(...ideals)] as const];
	});
}

function highest({ speedUp }: CellAnalysis): number {
	return speedUp?.interval?.high ?? speedUp?.ratio ?? 1;
}

function lowest({ speedUp }: CellAnalysis): number {
	return speedUp?.interval?.low ?? speedUp?.ratio ?? 1;
}

/** As high as the figure beside it, if the number of rows allows it. */
const INTERVALS_HEIGHT = 300;
const INTERVALS_LEFT = 92;
const INTERVALS_RIGHT = 52;

/** A row for each cell: its speed-up as a dot on its interval. */
function intervals({ analysis, colour }: PageContext): string {
	const rows = analysis.cells.flatMap(({ cell, speedUp, time }) => {
		if (time === undefined) {
			return [];
		}
		const { ratio = 1, interval } = speedUp ?? {};
		return [{ cell, ratio, lower: interval?.low ?? ratio, upper: interval?.high ?? ratio }];
	});
	const pitch = Math.max(22, Math.min(44, INTERVALS_HEIGHT / Math.max(1, rows.length)));
	const frame = { top: 6, bottom: 6 + rows.length * pitch };
	const least = Math.min(0.9, ...rows.map(({ lower }) => lower));
	const most = Math.max(2, ...rows.map(({ upper }) => upper));
	const x = logScale([least / 1.05, most * 1.05], [0, WIDTH]);
	const marks = rows.flatMap(({ cell, ratio, lower, upper }, at) => {
		const y = frame.top + (at + 0.5) * pitch;
		const s = colour(cell.name);
		const label = `${cell.name} ${cell.concurrency}`;
		return [
			text(0, y, label, { anchor: 'end', className: 'name' }),
			line(x(lower), y, x(upper), y, `interval s${s}`),
			dot(x(ratio), y, `s${s}`),
			text(WIDTH, y, `${formatTimes(ratio)} ×`, { anchor: 'start', className: 'value' }),
		];
	});

	return plot(
		{
			label: 'Speed-up of each cell with its interval',
			height: frame.bottom + AXIS_HEIGHT,
			left: INTERVALS_LEFT,
			right: INTERVALS_RIGHT,
		},
		[
			...xAxis(
				{ scale: x, title: 'times as fast (logarithmic scale)', label: (ratio) => `${ratio} ×` },
				frame,
			),
			...marks,
		],
	);
}

const COLUMNS: readonly Column<CellAnalysis>[] = [
	...cellColumns<CellAnalysis>(({ cell }) => cell),
	{
		head: 'median',
		meaning: 'time from first request to last file',
		text: ({ time }) => (time ? formatMs(time.medianMs) : ''),
	},
	{
		head: 'times as fast',
		meaning: 'as the baseline, within rounds',
		text: ({ speedUp }) => (speedUp ? formatTimes(speedUp.ratio) : ''),
	},
	{
		head: '95 % interval',
		meaning: 'of that ratio',
		text: ({ speedUp }) =>
			speedUp?.interval ? formatTimesRange(speedUp.interval.low, speedUp.interval.high) : '',
	},
	{
		head: 'method',
		meaning: 'of the interval',
		align: 'left',
		text: ({ speedUp }) => speedUp?.interval?.method ?? '',
	},
	{
		head: 'rounds faster',
		meaning: 'than the baseline',
		text: ({ speedUp }) => (speedUp ? `${speedUp.longer} of ${speedUp.rounds}` : ''),
	},
	{
		head: 'as a process',
		meaning: 'times as fast, start and end included',
		text: ({ processSpeedUp }) => (processSpeedUp ? formatTimes(processSpeedUp.ratio) : ''),
	},
	{
		head: 'ideal',
		meaning: 'time that no client could avoid',
		text: ({ ideal }) => (ideal ? formatMs(ideal.ms) : ''),
	},
];
