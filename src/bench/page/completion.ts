import { formatMs, plural } from '../../util/units.ts';
import { idealCompletions, workOf } from '../analysis/ideal.ts';
import { cellColumns, column } from '../report/cell-columns.ts';
import { lastMs } from './overview.ts';
import { isFailed } from './phases.ts';
import {
	bySlots,
	figureSection,
	htmlTable,
	IDEAL_ITEM,
	lineLegend,
	type MedianRun,
	medianRuns,
	namesOf,
	type PageContext,
	type Panel,
} from './section.ts';
import { dashedLast } from './style.ts';
import { chart, chartFrame, linearScale, shape, steps, timeAxis, WIDTH } from './svg.ts';

const HEIGHT = 250;
const SHARES = [0.25, 0.5, 0.75, 1];

interface Curve extends MedianRun {
	/** When each file completed, ascending. */
	readonly doneMs: readonly number[];
}

export function completionSection(context: PageContext): string {
	const { analysis, colour } = context;
	const groups = bySlots(analysis.cells).map(([slots, cells]) => ({
		slots,
		curves: medianRuns(context, cells).map(curveOf),
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
				...SHARES.map((share) =>
					column(
						share === 1 ? 'all files' : `${share * 100} % of files`,
						'were there after',
						({ doneMs }: Curve) => formatMs(doneMs[Math.ceil(doneMs.length * share) - 1] ?? 0),
					),
				),
			],
			drawn.flatMap(({ curves }) => curves),
		),
	});
}

function panel(context: PageContext, slots: number, curves: readonly Curve[]): Panel {
	const { colour, measured, waits } = context;
	const { run, cell } = curves[0] as Curve;
	const ideal = idealCompletions(workOf(run, cell.cell, waits, measured.work));
	const endMs = Math.max(...curves.map((curve) => lastMs(curve.run)));
	const files = measured.work.files.length;
	const x = linearScale([0, endMs], [0, WIDTH]);
	const { top, bottom } = chartFrame(HEIGHT);
	const y = linearScale([0, files], [bottom, top]);
	const path = (doneMs: readonly number[]) =>
		steps([[x(0), y(0)], ...doneMs.map((ms, at) => [x(ms), y(at + 1)] as const)]);
	const drawn = dashedLast(curves, (one) => colour(one.cell.cell.name));

	return {
		title: plural(slots, 'slot'),
		svg: chart(
			{ label: `Files completed over time at ${plural(slots, 'slot')}`, height: HEIGHT, left: 34 },
			timeAxis(x),
			{ scale: y, title: 'files completed', label: String },
			[
				shape(path(ideal), 'ideal'),
				...drawn.map((one) => shape(path(one.doneMs), `line s${colour(one.cell.cell.name)}`)),
			],
		),
	};
}

function curveOf({ cell, run }: MedianRun): Curve {
	const done = new Map<number, number>();
	for (const attempt of run.attempts) {
		if (!isFailed(attempt)) {
			done.set(attempt.file, attempt.endMs);
		}
	}
	return { cell, run, doneMs: [...done.values()].sort((one, other) => one - other) };
}
