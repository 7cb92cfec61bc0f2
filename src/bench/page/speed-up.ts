import { formatMs, formatRange, formatRatio } from '../../util/units.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import type { Column } from '../report/cell-columns.ts';
import { bySlots, namesOf, type PageContext, WIDE_PANEL } from './context.ts';
import { figureSection, htmlTable, IDEAL_ITEM, lineLegend, type Panel } from './html.ts';
import { line, logScale, polyline, px, type Scale, svg, text, xAxis, yAxis } from './svg.ts';

const HEIGHT = 330;
const FRAME = { left: 38, top: 14, right: WIDE_PANEL - 14, bottom: HEIGHT - 32 };

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
		caption: `How many times as fast as ${baseline.cell.name} (${formatMs(baseline.time.medianMs)}), compared within rounds. Whiskers are 95 % intervals; where none is to be seen it is smaller than its dot. Dashed: the ideal schedule of the latencies that the server really served.`,
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
	const lines = namesOf(shown).map((name) =>
		series(
			shown.filter(({ cell }) => cell.name === name),
			colour(name),
			x,
			y,
		),
	);

	return svg(
		WIDE_PANEL,
		HEIGHT,
		'Speed-up over the number of slots',
		xAxis(x, FRAME, String) +
			yAxis(y, FRAME, (ratio) => `${ratio}×`) +
			text((FRAME.left + FRAME.right) / 2, HEIGHT - 4, 'slots', { anchor: 'middle' }) +
			`<path class="ideal" d="${polyline(ideal.map(([c, ratio]) => [x(c), y(ratio)]))}"/>` +
			lines.join(''),
	);
}

/** Ticks are the measured numbers only. */
function slotScale(slots: readonly number[]): Scale {
	const [first = 1, last = 1] = [slots[0], slots.at(-1)];
	const scale = logScale([first / 1.25, last * 1.25], [FRAME.left, FRAME.right]);
	return Object.assign((value: number) => scale(value), { ticks: slots });
}

function series(cells: readonly CellAnalysis[], colour: number, x: Scale, y: Scale): string {
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
	const marks = points.map(
		({ c, ratio, lower, upper }) =>
			line(x(c), y(lower), x(c), y(upper), `whisker s${colour}`) +
			line(x(c) - 4, y(lower), x(c) + 4, y(lower), `whisker s${colour}`) +
			line(x(c) - 4, y(upper), x(c) + 4, y(upper), `whisker s${colour}`) +
			`<circle class="f${colour}" cx="${px(x(c))}" cy="${px(y(ratio))}" r="3.5"/>`,
	);
	return `<path class="line s${colour}" d="${path}"/>${marks.join('')}`;
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
const INTERVALS_LEFT = 112;

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
	const frame = {
		left: INTERVALS_LEFT,
		top: 6,
		right: WIDE_PANEL - 48,
		bottom: 6 + rows.length * pitch,
	};
	const least = Math.min(0.9, ...rows.map(({ lower }) => lower));
	const most = Math.max(2, ...rows.map(({ upper }) => upper));
	const x = logScale([least / 1.05, most * 1.05], [frame.left, frame.right]);
	const marks = rows.map(({ cell, ratio, lower, upper }, at) => {
		const y = frame.top + (at + 0.5) * pitch;
		const s = colour(cell.name);
		const label = `${cell.name} ${cell.concurrency}`;
		return [
			text(INTERVALS_LEFT - 8, y + 4, label, { anchor: 'end', className: 'name' }),
			line(x(lower), y, x(upper), y, `interval s${s}`),
			`<circle class="f${s}" cx="${px(x(ratio))}" cy="${px(y)}" r="4"/>`,
			text(WIDE_PANEL - 6, y + 4, `${formatRatio(ratio)} ×`, { anchor: 'end' }),
		].join('');
	});

	return svg(
		WIDE_PANEL,
		frame.bottom + 24,
		'Speed-up of each cell with its interval',
		xAxis(x, frame, (ratio) => `${ratio}×`) + marks.join(''),
	);
}

const COLUMNS: readonly Column<CellAnalysis>[] = [
	{ head: 'strategy', align: 'left', text: ({ cell }) => cell.name },
	{ head: 'slots', text: ({ cell }) => String(cell.concurrency) },
	{ head: 'median', text: ({ time }) => (time ? formatMs(time.medianMs) : '') },
	{ head: 'times as fast', text: ({ speedUp }) => (speedUp ? formatRatio(speedUp.ratio) : '') },
	{
		head: '95 % interval',
		text: ({ speedUp }) =>
			speedUp?.interval ? formatRange(speedUp.interval.low, speedUp.interval.high) : '',
	},
	{ head: 'method', align: 'left', text: ({ speedUp }) => speedUp?.interval?.method ?? '' },
	{
		head: 'rounds faster',
		text: ({ speedUp }) => (speedUp ? `${speedUp.longer} of ${speedUp.rounds}` : ''),
	},
	{
		head: 'as a process',
		text: ({ processSpeedUp }) => (processSpeedUp ? formatRatio(processSpeedUp.ratio) : ''),
	},
	{ head: 'ideal', text: ({ ideal }) => (ideal ? formatMs(ideal.ms) : '') },
];
