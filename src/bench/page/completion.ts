import { formatMs, plural } from '../../util/units.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { workOf } from '../analysis/work-of-run.ts';
import { idealCompletions } from '../ideal/ideal.ts';
import type { Run } from '../results.ts';
import { bySlots, medianRun, namesOf, PANEL_WIDTH, type PageContext } from './context.ts';
import { figureSection, htmlTable, IDEAL_ITEM, lineLegend, type Panel } from './html.ts';
import { lastMs } from './overview.ts';
import { isFailed } from './phases.ts';
import { linearScale, steps, svg, text, tickMs, xAxis, yAxis } from './svg.ts';

const HEIGHT = 250;
const FRAME = { left: 34, top: 8, right: PANEL_WIDTH - 14, bottom: HEIGHT - 32 };
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
				{ head: 'strategy', align: 'left', text: ({ cell }) => cell.cell.name },
				{ head: 'slots', text: ({ cell }) => String(cell.cell.concurrency) },
				...SHARES.map((share) => ({
					head: share === 1 ? 'all files' : `${share * 100} % of files`,
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
	const x = linearScale([0, endMs], [FRAME.left, FRAME.right], 4);
	const y = linearScale([0, files], [FRAME.bottom, FRAME.top], 4);
	const path = (doneMs: readonly number[]) =>
		steps([[x(0), y(0)], ...doneMs.map((ms, at) => [x(ms), y(at + 1)] as const)]);

	return {
		title: plural(slots, 'slot'),
		svg: svg(
			PANEL_WIDTH,
			HEIGHT,
			`Files completed over time at ${plural(slots, 'slot')}`,
			xAxis(x, FRAME, tickMs) +
				yAxis(y, FRAME, String) +
				text(FRAME.right, HEIGHT - 3, 'since the first request', { anchor: 'end' }) +
				`<path class="ideal" d="${path(ideal)}"/>` +
				curves
					.map(
						({ cell, doneMs }) =>
							`<path class="line s${colour(cell.cell.name)}" d="${path(doneMs)}"/>`,
					)
					.join(''),
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
