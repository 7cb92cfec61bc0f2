import { escapeXml } from '../../util/text.ts';
import { formatMs, plural } from '../../util/units.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import type { Measured, Run, RunAttempt } from '../results.ts';
import { medianRun, type PageContext } from './context.ts';
import { htmlTable, panelHtml } from './html.ts';
import { bestOfEach, fileRows, lastMs } from './overview.ts';
import { PhasePaths, phaseLegend } from './phases.ts';
import { boxPath, linearScale, rect, svg, text, tickMs, xAxis } from './svg.ts';

const WIDTH = 1180;
const LEFT = 34;
/** Runs with more requests have no tooltips, which keeps the page small. */
const MAX_TOOLTIPS = 600;

/** One drawing for each cell: lanes are slots, and each request is a bar in the lane of its slot. */
export function waterfallSection(context: PageContext): string {
	const best = new Set(bestOfEach(context).map(({ cell }) => cell.id));
	const cells = context.analysis.cells.flatMap((cell) => {
		const run = medianRun(context, cell);
		return run === undefined || run.attempts.length === 0 ? [] : [{ cell, run }];
	});
	if (cells.length === 0) {
		return '';
	}

	const drawings = cells.map(({ cell, run }) => {
		const open = best.has(cell.cell.id) ? ' open' : '';
		return `<details${open}><summary>${escapeXml(titleOf(cell, run))}</summary>
<div class="wide">${panelHtml({ title: 'By slot', svg: drawing(run, context.measured, cell) })}</div>
${byFile(run)}
<details><summary>As a table</summary>${requestTable(run, context.measured)}</details></details>`;
	});
	return `<section>
<h2>The waterfall of each strategy</h2>
<p class="soft">Each lane is a slot, each bar a request in it, in a typical run; the scale of time is each one's own. Hatched is what the server says it took, so that what is not hatched is the client, the connection and the queue in front of the server.</p>
${phaseLegend(['connecting', 'first', 'served', 'body', 'writing', 'failed'])}
${drawings.join('\n')}
</section>`;
}

/** The rows by file, which show the waits between attempts, if there were retries. */
function byFile(run: Run): string {
	if (run.attempts.every(({ number }) => number === 1)) {
		return '';
	}
	const options = { width: WIDTH, height: 400, endMs: lastMs(run), label: run.cell };
	return `<div class="wide">${panelHtml({ title: 'By file', svg: fileRows(run, options) })}</div>
${phaseLegend(['waiting', 'off'])}`;
}

function titleOf({ cell }: CellAnalysis, run: Run): string {
	const name =
		cell.name === 'sequential' ? cell.name : `${cell.name}, ${plural(cell.concurrency, 'slot')}`;
	const seen = cell.kind === 'peer' ? ', as the server saw it' : '';
	return `${name}: ${formatMs(lastMs(run))}, round ${run.round}${seen}`;
}

function drawing(run: Run, measured: Measured, { cell }: CellAnalysis): string {
	const lanes = lanesOf(run.attempts);
	const count = Math.max(1, ...lanes.map((lane) => lane + 1));
	const pitch = Math.min(22, Math.max(3.5, 340 / count));
	const frame = { left: LEFT, top: 4, right: WIDTH - 20, bottom: 4 + count * pitch };
	const x = linearScale([0, lastMs(run)], [frame.left, frame.right], 8);
	const paths = new PhasePaths();
	const rows = run.attempts.map((attempt, at) => {
		const row = { y: frame.top + (lanes[at] ?? 0) * pitch + pitch * 0.1, height: pitch * 0.8 };
		paths.add(attempt, row, x, true);
		return row;
	});
	const ground = Array.from({ length: count }, (_, lane) =>
		rect(
			{
				x: frame.left,
				y: frame.top + (lane + 0.1) * pitch,
				width: frame.right - frame.left,
				height: pitch * 0.8,
			},
			'lane',
		),
	);
	const tooltips =
		run.attempts.length > MAX_TOOLTIPS
			? []
			: run.attempts.map((attempt, at) => {
					const { y, height } = rows[at] as { y: number; height: number };
					const box = {
						x: x(attempt.startMs),
						y,
						width: x(attempt.endMs) - x(attempt.startMs),
						height,
					};
					return `<path fill="transparent" d="${boxPath(box)}"><title>${escapeXml(requestText(attempt, measured))}</title></path>`;
				});

	return svg(
		WIDTH,
		frame.bottom + 32,
		`${cell.name}: requests in ${plural(cell.concurrency, 'slot')} over time`,
		ground.join('') +
			xAxis(x, frame, tickMs) +
			laneLabels(count, pitch, frame.top) +
			paths.toString() +
			tooltips.join(''),
	);
}

function laneLabels(count: number, pitch: number, top: number): string {
	const label = (lane: number) =>
		text(LEFT - 6, top + (lane + 0.5) * pitch + 4, String(lane + 1), { anchor: 'end' });
	const every = Math.ceil(14 / pitch);
	return Array.from({ length: count }, (_, lane) => lane)
		.filter((lane) => lane % every === 0)
		.map(label)
		.join('');
}

/** A request in one line, for its tooltip. */
function requestText(attempt: RunAttempt, { work }: Measured): string {
	const { file, number, startMs, endMs, status, servedMs, code, rule } = attempt;
	return [
		`${work.files[file]?.id ?? file}, request ${number}: ${formatMs(endMs - startMs)} from ${formatMs(startMs)}`,
		...(status === undefined ? [] : [`status ${status}`]),
		...(servedMs === undefined ? [] : [`served in ${formatMs(servedMs)}`]),
		...(code === undefined ? [] : [code]),
		...(rule === undefined ? [] : [`rule ${rule}`]),
	].join(', ');
}

/** Requests that overlap by less are consecutive, since times are rounded. */
const ROUNDING_MS = 0.05;

/**
 * Gives each request the first lane that is free when it starts. Slots have no identity: n slots make n
 * lanes, and the next request in a lane took over its slot.
 *
 * @returns The lane of each request, from 0, in the order of `attempts`.
 */
export function lanesOf(attempts: readonly RunAttempt[]): readonly number[] {
	const freeMs: number[] = [];
	const lanes = attempts.map(() => 0);
	const order = attempts
		.map((attempt, at) => ({ attempt, at }))
		.sort((one, other) => one.attempt.startMs - other.attempt.startMs);
	for (const { attempt, at } of order) {
		const free = freeMs.findIndex((ms) => ms <= attempt.startMs + ROUNDING_MS);
		const lane = free === -1 ? freeMs.length : free;
		freeMs[lane] = attempt.endMs;
		lanes[at] = lane;
	}
	return lanes;
}

/** A longer table is too long to read. */
const MAX_ROWS = 250;

/** The requests of a run as a table. */
function requestTable({ attempts }: Run, { work }: Measured): string {
	const ms = (value: number | undefined) => (value === undefined ? '' : value.toFixed(1));
	const shown = attempts.slice(0, MAX_ROWS);
	const left = attempts.length - shown.length;
	return `<p class="soft">Milliseconds since the first request${left > 0 ? `; ${left} more are in the JSON` : ''}.</p>${htmlTable(
		[
			{ head: 'file', align: 'left', text: ({ file }) => work.files[file]?.id ?? '' },
			{ head: 'request', text: ({ number }) => String(number) },
			{ head: 'slot', text: ({ startMs }) => ms(startMs) },
			{ head: 'connected', text: ({ connectedMs }) => ms(connectedMs) },
			{ head: 'headers', text: ({ headersMs }) => ms(headersMs) },
			{ head: 'body', text: ({ bodyMs }) => ms(bodyMs) },
			{ head: 'written', text: ({ writtenMs }) => ms(writtenMs) },
			{ head: 'end', text: ({ endMs }) => ms(endMs) },
			{ head: 'served in', text: ({ servedMs }) => ms(servedMs) },
			{ head: 'status', text: ({ status }) => String(status ?? '') },
			{ head: 'failure', align: 'left', text: ({ code }) => code ?? '' },
			{ head: 'rule', align: 'left', text: ({ rule }) => rule ?? '' },
		],
		shown,
	)}`;
}
