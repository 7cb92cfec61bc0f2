import { escapeXml } from '../../util/text.ts';
import type { CellAnalysis } from '../analysis/analysis.ts';
import { formatMs } from '../report/format.ts';
import type { Measured, Run, RunAttempt } from '../results.ts';
import { type PageContext, slotsText, typicalRun } from './context.ts';
import { panelHtml } from './figure.ts';
import { lanesOf } from './lanes.ts';
import { bestOfEach, fileRows, lastMs } from './overview.ts';
import { phaseLegend } from './phase-legend.ts';
import { PhasePaths } from './phases.ts';
import { requestTable } from './request-table.ts';
import { linearScale } from './scale.ts';
import { boxPath, rect, svg, text, tickMs, xAxis } from './svg.ts';

const WIDTH = 1180;
const LEFT = 34;
/** Beyond, a page would have more words for its requests than anybody reads. */
const MOST_WITH_WORDS = 600;

/** Lanes are slots, and each request a bar in the lane of its slot: one drawing for each cell. */
export function waterfallSection(context: PageContext): string {
	const best = new Set(bestOfEach(context).map(({ cell }) => cell.id));
	const cells = context.analysis.cells.flatMap((cell) => {
		const run = typicalRun(context, cell);
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

/** Where some had to try again, what they did in between. */
function byFile(run: Run): string {
	if (run.attempts.every(({ number }) => number === 1)) {
		return '';
	}
	const options = { width: WIDTH, height: 400, endMs: lastMs(run), label: run.cell };
	return `<div class="wide">${panelHtml({ title: 'By file', svg: fileRows(run, options) })}</div>
${phaseLegend(['waiting', 'off'])}`;
}

function titleOf({ cell }: CellAnalysis, run: Run): string {
	const who =
		cell.name === 'sequential' ? cell.name : `${cell.name}, ${slotsText(cell.concurrency)}`;
	const seen = cell.kind === 'peer' ? ', as the server saw it' : '';
	return `${who}: ${formatMs(lastMs(run))}, round ${run.round}${seen}`;
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
	const words =
		run.attempts.length > MOST_WITH_WORDS
			? []
			: run.attempts.map((attempt, at) => {
					const { y, height } = rows[at] as { y: number; height: number };
					const box = {
						x: x(attempt.startMs),
						y,
						width: x(attempt.endMs) - x(attempt.startMs),
						height,
					};
					return `<path fill="transparent" d="${boxPath(box)}"><title>${escapeXml(story(attempt, measured))}</title></path>`;
				});

	return svg(
		WIDTH,
		frame.bottom + 32,
		`${cell.name}: requests in ${slotsText(cell.concurrency)} over time`,
		ground.join('') +
			xAxis(x, frame, tickMs) +
			laneLabels(count, pitch, frame.top) +
			paths.toString() +
			words.join(''),
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

/** A request in a line: what a pointer over it is told. */
function story(attempt: RunAttempt, { work }: Measured): string {
	const { file, number, startMs, endMs, status, servedMs, code, rule } = attempt;
	return [
		`${work.files[file]?.id ?? file}, request ${number}: ${formatMs(endMs - startMs)} from ${formatMs(startMs)}`,
		...(status === undefined ? [] : [`status ${status}`]),
		...(servedMs === undefined ? [] : [`served in ${formatMs(servedMs)}`]),
		...(code === undefined ? [] : [code]),
		...(rule === undefined ? [] : [`rule ${rule}`]),
	].join(', ');
}
