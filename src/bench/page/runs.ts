import { groupBy } from '../../util/members.ts';
import { formatMs } from '../../util/units.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { cellColumns, cellLabel, column, words } from '../report/cell-columns.ts';
import { isRedirect, type Run, type RunAttempt } from '../results.ts';
import { isFailed } from './phases.ts';
import {
	figureSection,
	htmlTable,
	legendList,
	type MedianRun,
	medianRuns,
	type PageContext,
	type Panel,
} from './section.ts';
import { dot, linearScale, type Mark, rowsChart, type Scale, text, WIDTH } from './svg.ts';

/** Runs with a larger deviation are drawn at the edge. */
const MAX_DEVIATION_PERCENT = 60;

export function runsSection(context: PageContext): string {
	const { measured, analysis } = context;
	const rounds = [...new Set(measured.runs.map(({ round }) => round))];
	const last = rounds.reduce((max, round) => Math.max(max, round), 1);
	const roundNames = Array.from({ length: last }, (_, at) => `round ${at + 1}`);
	const cellNames = analysis.cells.map(({ cell }) => cellLabel(cell));
	const time = (run: Run | undefined) =>
		run === undefined ? '' : run.status === 'ok' ? formatMs(run[analysis.clock] ?? 0) : run.status;
	const timeIn = (round: number) => (row: CellAnalysis) =>
		time(measured.runs.find((run) => run.cell === row.cell.id && run.round === round));
	return figureSection({
		title: 'Every run',
		caption:
			'Each dot is a run: how much longer (right) or shorter (left) than the median of its cell it took. Outliers are ringed, and kept. If all dots of a round lie on one side, the machine was slower or faster then; the comparison within rounds cancels that.',
		panels: [
			panel(context, 'By cell', cellNames, ({ row }) => row),
			panel(context, 'By round', roundNames, ({ run }) => run.round - 1),
		],
		legend: legendList([
			{ mark: '<circle class="outline" cx="12" cy="6" r="5"/>', label: 'outlier' },
			{
				mark: '<path class="outline" d="M8 2l8 8m-8 0l8 -8"/>',
				label: 'failed or incomplete, not averaged in',
			},
		]),
		table: htmlTable<CellAnalysis>(
			[
				...cellColumns<CellAnalysis>(({ cell }) => cell),
				...rounds.map((round) => column(`round ${round}`, 'time of the run', timeIn(round))),
				words('outliers', 'far from the median, and what was seen then', ({ outliers }) =>
					outliers
						.map(({ round, outlier, seen }) => `round ${round} (${outlier}): ${seen}`)
						.join('; '),
				),
			],
			analysis.cells,
		),
	});
}

interface Dot {
	readonly run: Run;
	readonly row: number;
	readonly colour: number;
	/** Deviation from the median of the cell; absent for a run that is not ok. */
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

function panel(
	context: PageContext,
	title: string,
	names: readonly string[],
	rowOf: (one: Dot) => number,
): Panel {
	const dots = dotsOf(context);
	const far = Math.max(
		5,
		...dots.map(({ percent = 0 }) => Math.min(MAX_DEVIATION_PERCENT, Math.abs(percent))),
	);
	const x = linearScale([-far * 1.1, far * 1.1], [0, WIDTH], 4);
	const label = `Deviation of each run from the median of its cell, ${title.toLowerCase()}`;
	const axis = { scale: x, title: 'time against the median of its cell', label: percentLabel };
	return {
		title,
		svg: rowsChart({ label, names, pitch: 24, left: 104, x: axis }, (y) =>
			dots.flatMap((one) => marksOf(one, x, y(rowOf(one)))),
		),
	};
}

function marksOf({ percent, colour, outlier }: Dot, x: Scale, y: number): readonly Mark[] {
	if (percent === undefined) {
		return [text(12, y, '×', 'cross')];
	}
	const at = x(Math.max(-MAX_DEVIATION_PERCENT, Math.min(MAX_DEVIATION_PERCENT, percent)));
	const ring = outlier ? [text(at, y, '', 'ring')] : [];
	return [...ring, dot(at, y, `s${colour}`)];
}

function percentLabel(percent: number): string {
	return percent === 0 ? 'median' : `${percent > 0 ? '+' : '−'}${Math.abs(percent)} %`;
}

export function faultsSection(context: PageContext): string {
	const { scenario } = context.measured.work;
	if (scenario === undefined) {
		return '';
	}
	const { planned } = scenario;
	const rules = Object.keys(planned.faults);
	const rows = medianRuns(context, context.analysis.cells);
	const refused = rows.some(({ run }) => (run.server?.refused ?? 0) > 0);
	if (rules.length === 0 && !refused) {
		return '';
	}

	const exact = planned.exact
		? ''
		: ' Order and time decide as well here, so the plan is not exact.';
	return `<section>
<h2>Faults: planned, met, recovered</h2>
<p class="soft">What the scenario had planned for these files, and what a typical run of each cell met: requests that a rule claimed, and of the files that met it those that were there in the end. A client that gives up early meets fewer.${exact}</p>
${htmlTable<MedianRun>(
	[
		...cellColumns(({ cell }: MedianRun) => cell.cell),
		...rules.map((rule) =>
			column(
				rule,
				`${planned.faults[rule]} planned; requests that met it, files that recovered`,
				({ run }: MedianRun) => met(run, rule),
			),
		),
		column('refused', 'requests, by a limit of the server', ({ run }) =>
			run.server?.refused ? String(run.server.refused) : '',
		),
		column(
			'files',
			'right in the end, of those that can be had',
			({ run }) => `${run.files} of ${planned.ok}`,
		),
	],
	rows,
)}
</section>`;
}

/** `9 met, 7 of 7 files`. */
function met({ attempts }: Run, rule: string): string {
	// A redirect is another request of the same attempt. Requests of a peer are in order of arrival.
	const files = [...groupBy(attempts, ({ file }) => file).values()]
		.map((own) => ({
			count: own.filter((one, at) => one.rule === rule && !isRedirect(own[at - 1])).length,
			last: own.at(-1) as RunAttempt,
		}))
		.filter(({ count }) => count > 0);
	if (files.length === 0) {
		return 'none met';
	}
	const claimed = files.reduce((sum, { count }) => sum + count, 0);
	const recovered = files.filter(({ last }) => !isFailed(last));
	return `${claimed} met, ${recovered.length} of ${files.length} files`;
}
