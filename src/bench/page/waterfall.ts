import { escapeXml } from '../../util/text.ts';
import { formatMs, plural } from '../../util/units.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { amounts, column, words } from '../report/cell-columns.ts';
import type { Measured, Run, RunAttempt } from '../results.ts';
import { slotEndMs } from '../results.ts';
import { bestOfEach, fileRows, lastMs, titleOf } from './overview.ts';
import { PhasePaths, phaseLegend, type Row } from './phases.ts';
import { htmlTable, medianRuns, type PageContext, panelHtml } from './section.ts';
import {
	AXIS_HEIGHT,
	boxPath,
	linearScale,
	type Mark,
	plot,
	shape,
	text,
	timeAxis,
	WIDTH,
	xAxis,
} from './svg.ts';

/** Runs with more requests have no tooltips, which keeps the page small. */
const MAX_TOOLTIPS = 600;

/** A drawing for each cell: lanes are slots, and each request is a bar in the lane of its slot. */
export function waterfallSection(context: PageContext): string {
	const best = new Set(bestOfEach(context).map(({ cell }) => cell.id));
	const cells = medianRuns(context, context.analysis.cells);
	if (cells.length === 0) {
		return '';
	}

	const drawings = cells.map(({ cell, run }) => {
		const { id, kind } = cell.cell;
		const open = best.has(id) ? ' open' : '';
		const seen = kind === 'peer' ? ', as the server saw it' : '';
		const summary = `${titleOf(cell.cell)}: ${formatMs(lastMs(run))}, round ${run.round}${seen}`;
		return `<details${open}><summary>${escapeXml(summary)}</summary>
<div class="wide" id="waterfall-${id.replace(/[^a-z0-9]+/gi, '-')}">${panelHtml({ title: 'By slot', svg: drawing(run, context.measured, cell) })}</div>
${byFile(run)}
<details><summary>As a table</summary>${requestTable(run, context.measured)}</details></details>`;
	});
	return `<section>
<h2>The waterfall of each strategy</h2>
<p class="soft">Each numbered lane is a slot, each bar a request that holds it, in the median run; each drawing has its own scale of time. Hatched is what the server says it took: the rest is the client, the connection and the queue in front of the server. Below the slots: files that are saved when their slot is already free.</p>
${phaseLegend(['connecting', 'first', 'served', 'body', 'writing', 'failed'])}
${drawings.join('\n')}
</section>`;
}

/** Rows by file, which show the waits between attempts, if there were retries. */
function byFile(run: Run): string {
	if (run.attempts.every(({ number }) => number === 1)) {
		return '';
	}
	const options = { height: 400, endMs: lastMs(run), label: run.cell };
	return `<div class="wide">${panelHtml({ title: 'By file', svg: fileRows(run, options) })}</div>
${phaseLegend(['waiting', 'off'])}`;
}

function drawing(run: Run, measured: Measured, { cell }: CellAnalysis): string {
	const slots = lanesOf(run.attempts.map((one) => [one.startMs, slotEndMs(one)]));
	const saved = run.attempts.filter((one) => one.endMs > slotEndMs(one));
	const saving = lanesOf(saved.map((one) => [slotEndMs(one), one.endMs]));
	const count = countOf(slots);
	const pitch = Math.min(22, Math.max(4, 340 / count));
	const slotFrame = { top: 4, bottom: 4 + count * pitch };
	const savingTop = slotFrame.bottom + (saved.length > 0 ? SAVING_GAP : 0);
	const frame = {
		top: 4,
		bottom: savingTop + Math.max(saved.length > 0 ? 12 : 0, countOf(saving) * SAVING_PITCH),
	};
	const x = linearScale([0, lastMs(run)], [0, WIDTH]);
	const paths = new PhasePaths();
	const rows = run.attempts.map((attempt, at) => {
		const row = { y: slotFrame.top + ((slots[at] ?? 0) + 0.1) * pitch, height: pitch * 0.8 };
		paths.add(attempt, row, x, true, slotEndMs(attempt));
		return row;
	});
	for (const [at, attempt] of saved.entries()) {
		const y = savingTop + (saving[at] ?? 0) * SAVING_PITCH;
		paths.addSaving(attempt, slotEndMs(attempt), { y, height: SAVING_PITCH * 0.7 }, x);
	}
	const ground = Array.from({ length: count }, (_, lane) =>
		boxPath({ x: 0, y: slotFrame.top + (lane + 0.1) * pitch, width: WIDTH, height: pitch * 0.8 }),
	);

	return plot(
		{
			label: `${cell.name}: requests in ${plural(cell.concurrency, 'slot')} over time`,
			height: frame.bottom + AXIS_HEIGHT,
			left: 50,
		},
		[
			shape(ground.join(''), 'lane'),
			...xAxis(timeAxis(x), frame),
			...laneLabels(count, pitch, slotFrame.top),
			...(saved.length > 0 ? [text(0, savingTop + 5, 'saving', 'end name')] : []),
			...paths.marks(),
			...tooltips(run, measured, rows, x),
		],
	);
}

const SAVING_GAP = 14;
const SAVING_PITCH = 3;

function countOf(lanes: readonly number[]): number {
	return lanes.reduce((most, lane) => Math.max(most, lane + 1), 0);
}

function tooltips(
	{ attempts }: Run,
	measured: Measured,
	rows: readonly Row[],
	x: (ms: number) => number,
): readonly Mark[] {
	if (attempts.length > MAX_TOOLTIPS) {
		return [];
	}
	return attempts.map((attempt, at) => {
		const { y, height } = rows[at] as Row;
		const width = x(slotEndMs(attempt)) - x(attempt.startMs);
		const path = boxPath({ x: x(attempt.startMs), y, width, height });
		const title = escapeXml(requestText(attempt, measured));
		return { shape: `<path fill="transparent" d="${path}"><title>${title}</title></path>` };
	});
}

function laneLabels(count: number, pitch: number, top: number): readonly Mark[] {
	const every = Math.ceil(13 / pitch);
	return Array.from({ length: count }, (_, lane) => lane)
		.filter((lane) => lane === count - 1 || (lane % every === 0 && lane + every < count))
		.map((lane) =>
			text(0, top + (lane + 0.5) * pitch, lane === 0 ? 'slot 1' : String(lane + 1), 'end'),
		);
}

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

/** Spans that overlap by less count as consecutive, since times are rounded. */
const ROUNDING_MS = 0.05;

/**
 * Assigns each time span the first lane that is free when it starts. Slots have no identity: n slots make n
 * lanes, and the next request in a lane took over its slot.
 *
 * @param spans - Start and end of each, in milliseconds.
 * @returns The lane of each, from 0, in the order of `spans`.
 */
export function lanesOf(spans: readonly (readonly [number, number])[]): readonly number[] {
	const freeMs: number[] = [];
	const lanes = spans.map(() => 0);
	const order = spans.map(([startMs, endMs], at) => ({ startMs, endMs, at }));
	for (const { startMs, endMs, at } of order.sort((a, b) => a.startMs - b.startMs)) {
		const free = freeMs.findIndex((ms) => ms <= startMs + ROUNDING_MS);
		const lane = free === -1 ? freeMs.length : free;
		freeMs[lane] = endMs;
		lanes[at] = lane;
	}
	return lanes;
}

const MAX_ROWS = 250;

function requestTable({ attempts }: Run, { work }: Measured): string {
	const ms = (value: number) => value.toFixed(1);
	const shown = attempts.slice(0, MAX_ROWS);
	const left = attempts.length - shown.length;
	return `<p class="soft">Milliseconds since the first request${left > 0 ? `; ${left} more are in the JSON` : ''}.</p>${htmlTable<RunAttempt>(
		[
			words('file', 'code or URL', ({ file }) => work.files[file]?.id ?? ''),
			column('request', 'number of it for this file', ({ number }) => String(number)),
			amounts('slot', 'it got its slot', ({ startMs }) => startMs, ms),
			amounts('connected', 'it had a connection', ({ connectedMs }) => connectedMs, ms),
			amounts('headers', 'the header was there', ({ headersMs }) => headersMs, ms),
			amounts('body', 'the last byte was there; the slot is free', ({ bodyMs }) => bodyMs, ms),
			amounts('written', 'the file had its name', ({ writtenMs }) => writtenMs, ms),
			amounts('end', 'the request was over', ({ endMs }) => endMs, ms),
			amounts('served in', 'duration, as the server says', ({ servedMs }) => servedMs, ms),
			amounts('status', 'of the response', ({ status }) => status, String),
			words('failure', 'its code', ({ code = '' }) => code),
			words('rule', 'of the scenario that claimed it', ({ rule = '' }) => rule),
		],
		shown,
	)}`;
}
