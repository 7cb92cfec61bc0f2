import { formatMs, plural } from '../../util/units.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { workOf } from '../analysis/work-of-run.ts';
import { idealCompletions } from '../ideal/ideal.ts';
import type { Run } from '../results.ts';
import { bySlots, medianRun, namesOf, type PageContext } from './context.ts';
import {
	cellColumns,
	figureSection,
	htmlTable,
	IDEAL_ITEM,
	lineLegend,
	type Panel,
} from './html.ts';
import { lastMs } from './overview.ts';
import { isFailed } from './phases.ts';
import { dashedLast } from './style.ts';
import {
	AXIS_HEIGHT,
	linearScale,
	plot,
	shape,
	steps,
	tickMs,
	WIDTH,
	xAxis,
	yAxis,
} from './svg.ts';

const HEIGHT = 250;
const FRAME = { top: 26, bottom: HEIGHT - AXIS_HEIGHT };
const SHARES = [0.25, 0.5, 0.75, 1];

interface Curve {
	readonly cell: CellAnalysis;
	readonly run: Run;
	/** When each file completed, ascending. */
	readonly doneMs: readonly number[];
}

/** Files completed over time in the median runs, with the ideal. */
export function completionSection(context: PageContext): string {
	const { analysis, colour } = context;
	const groups = [...bySlots(analysis.cells)].map(([slots, cells]) => ({
		slots,
		curves: cells.flatMap((cell) => curveOf(context, cell) ?? []),
	}));
	const drawn = groups.filter(({ curves }) => curves.length > 0);
	if (drawn.length === 0) {
		return '';
	}
	return figureSection({
		title: 'Files completed over time',
		caption:
			'Files that are there, since the first request, in a typical run at each number of slots. A curve that leaves the ideal early was late to start its slots; one that is less steep lost time on each file.',
		panels: drawn.map(({ slots, curves }) => panel(context, slots, curves)),
		legend: lineLegend(
			namesOf(drawn.flatMap(({ curves }) => curves.map(({ cell }) => cell))),
			colour,
			[IDEAL_ITEM],
		),
		table: htmlTable(
			[
				...cellColumns(({ cell }: Curve) => cell.cell),
				...SHARES.map((share) => ({
					head: share === 1 ? 'all files' : `${share * 100} % of files`,
					meaning: 'were there after',
					text: ({ doneMs }: Curve) => formatMs(doneMs[Math.ceil(doneMs.length * share) - 1] ?? 0),
				})),
			],
			drawn.flatMap(({ curves }) => curves),
		),
	});
}

function panel(context: PageContext, slots: number, curves: readonly Curve[]): Panel {
	const { colour, measured, waits } = context;
	const [first] = curves;
	const ideal =
		first === undefined
			? []
			: idealCompletions(workOf(first.run, first.cell.cell, waits, measured.work));
	const endMs = Math.max(...curves.map(({ run }) => lastMs(run)));
	const files = measured.work.files.length;
	const x = linearScale([0, endMs], [0, WIDTH]);
	const y = linearScale([0, files], [FRAME.bottom, FRAME.top]);
	const path = (doneMs: readonly number[]) =>
		steps([[x(0), y(0)], ...doneMs.map((ms, at) => [x(ms), y(at + 1)] as const)]);

	return {
		title: plural(slots, 'slot'),
		svg: plot(
			{ label: `Files completed over time at ${plural(slots, 'slot')}`, height: HEIGHT, left: 34 },
			[
				...xAxis({ scale: x, title: 'time since the first request', label: tickMs }, FRAME),
				...yAxis({ scale: y, title: 'files completed', label: String }, FRAME),
				shape(path(ideal), 'ideal'),
				...dashedLast(curves, ({ cell }) => colour(cell.cell.name)).map(({ cell, doneMs }) =>
					shape(path(doneMs), `line s${colour(cell.cell.name)}`),
				),
			],
		),
	};
}

function curveOf(context: PageContext, cell: CellAnalysis): Curve | undefined {
	const run = medianRun(context, cell);
	if (run === undefined || run.attempts.length === 0) {
		return undefined;
	}
	const done = new Map<number, number>();
	for (const attempt of run.attempts) {
		if (!isFailed(attempt)) {
			done.set(attempt.file, attempt.endMs);
		}
	}
	return { cell, run, doneMs: [...done.values()].sort((one, other) => one - other) };
}
