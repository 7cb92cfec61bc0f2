import { formatMs, plural } from '../../util/units.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { cellColumns, column } from '../report/cell-columns.ts';
import type { Cell, Run, RunAttempt } from '../results.ts';
import { isFailed, PhasePaths, phaseLegend } from './phases.ts';
import {
	figureSection,
	htmlTable,
	type MedianRun,
	medianRuns,
	namesOf,
	type PageContext,
	type Panel,
} from './section.ts';
import { AXIS_HEIGHT, linearScale, plot, timeAxis, WIDTH, xAxis } from './svg.ts';

const HEIGHT = 290;

export function overviewSection(context: PageContext): string {
	const shown = medianRuns(context, bestOfEach(context));
	if (shown.length === 0) {
		return '';
	}
	const endMs = Math.max(...shown.map(({ run }) => lastMs(run)));
	return figureSection({
		title: 'The same files, the same scale of time',
		caption:
			'Each file is a row, in the order in which they were first asked for; a typical run of each strategy at its fastest. One at a time makes a staircase, slots make it steeper, and the more of them there are, the more it is a wall.',
		panels: shown.map((one) => panel(one, endMs)),
		legend: phaseLegend(['waiting', 'connecting', 'first', 'body', 'writing', 'off', 'failed']),
		table: htmlTable<MedianRun>(
			[
				...cellColumns(({ cell }: MedianRun) => cell.cell),
				column('requests', 'sent, redirects and retries included', ({ run }) =>
					String(run.attempts.length),
				),
				column('failed', 'of these requests', ({ run }) =>
					String(run.attempts.filter(isFailed).length),
				),
				...Object.entries(PHASE_TIMES).map(([head, of]) =>
					column(head, 'time of all requests together', ({ run }: MedianRun) =>
						formatMs(run.attempts.reduce((sum, one) => sum + Math.max(0, of(one)), 0)),
					),
				),
				column('end', 'since the first request', ({ run }) => formatMs(lastMs(run))),
			],
			shown,
		),
	});
}

function panel({ cell, run }: MedianRun, endMs: number): Panel {
	const title = titleOf(cell.cell);
	return {
		title,
		note: `${new Set(run.attempts.map(({ file }) => file)).size} files in ${formatMs(lastMs(run))}`,
		svg: fileRows(run, { height: HEIGHT, endMs, label: title }),
	};
}

/** `async, 32 slots`. */
export function titleOf({ name, concurrency }: Cell): string {
	return name === 'sequential' ? name : `${name}, ${plural(concurrency, 'slot')}`;
}

export interface FileRows {
	readonly height: number;
	readonly endMs: number;
	readonly label: string;
}

/** A run with a row for each file, including its waits without a slot. */
export function fileRows({ attempts }: Run, { height, endMs, label }: FileRows): string {
	const rows = rowsOf(attempts);
	const pitch = Math.min(10, (height - AXIS_HEIGHT - 6) / Math.max(1, rows.size));
	const frame = { top: 6, bottom: 6 + pitch * rows.size };
	const x = linearScale([0, endMs], [0, WIDTH]);
	const paths = new PhasePaths();
	for (const attempt of attempts) {
		const row = { y: frame.top + (rows.get(attempt.file) ?? 0) * pitch, height: pitch };
		paths.addWait(attempt, row, x);
		paths.add(attempt, row, x, false);
	}
	return plot(
		{
			label: `${label}: a row for each file over time`,
			height: frame.bottom + AXIS_HEIGHT,
			left: 10,
		},
		[...xAxis(timeAxis(x), frame), ...paths.marks()],
	);
}

/** Row of each file, in order of first requests. */
function rowsOf(attempts: readonly RunAttempt[]): ReadonlyMap<number, number> {
	const sorted = [...attempts].sort((one, other) => one.startMs - other.startMs);
	const rows = new Map<number, number>();
	for (const { file } of sorted) {
		if (!rows.has(file)) {
			rows.set(file, rows.size);
		}
	}
	return rows;
}

export function bestOfEach({ analysis }: PageContext): readonly CellAnalysis[] {
	return namesOf(analysis.cells).flatMap((name) => {
		const own = analysis.cells.filter(({ cell, time }) => cell.name === name && time !== undefined);
		const [best] = own.sort(
			(one, other) => (one.time?.medianMs ?? 0) - (other.time?.medianMs ?? 0),
		);
		return best ?? [];
	});
}

export function lastMs({ attempts, wallMs = 0 }: Run): number {
	return attempts.reduce((last, { endMs }) => Math.max(last, endMs), wallMs);
}

const PHASE_TIMES: Readonly<Record<string, (attempt: RunAttempt) => number>> = {
	connecting: ({ startMs, connectedMs }) => elapsed(startMs, connectedMs),
	'first byte': ({ connectedMs, headersMs }) => elapsed(connectedMs, headersMs),
	body: ({ headersMs, bodyMs }) => elapsed(headersMs, bodyMs),
	writing: ({ bodyMs, writtenMs }) => elapsed(bodyMs, writtenMs),
	'backing off': ({ number, waitedMs }) => (number > 1 ? waitedMs : 0),
};

/** A phase that was not reached took no time. */
function elapsed(fromMs: number = 0, toMs: number = fromMs): number {
	return toMs - fromMs;
}
