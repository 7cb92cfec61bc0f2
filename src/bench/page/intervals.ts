import { formatRatio } from '../report/format.ts';
import { type PageContext, WIDE_PANEL } from './context.ts';
import { logScale } from './scale.ts';
import { line, px, svg, text, xAxis } from './svg.ts';

/** As high as the figure beside it, where rows allow that. */
const HEIGHT = 300;
const LEFT = 112;

/** A row for each cell: its speed-up as a dot on its interval. */
export function intervals({ analysis, colour }: PageContext): string {
	const rows = analysis.cells.flatMap(({ cell, speedUp, time }) => {
		if (time === undefined) {
			return [];
		}
		const { ratio = 1, interval } = speedUp ?? {};
		return [{ cell, ratio, low: interval?.low ?? ratio, high: interval?.high ?? ratio }];
	});
	const pitch = Math.max(22, Math.min(44, HEIGHT / Math.max(1, rows.length)));
	const frame = { left: LEFT, top: 6, right: WIDE_PANEL - 48, bottom: 6 + rows.length * pitch };
	const least = Math.min(0.9, ...rows.map(({ low }) => low));
	const most = Math.max(2, ...rows.map(({ high }) => high));
	const x = logScale([least / 1.05, most * 1.05], [frame.left, frame.right]);
	const marks = rows.map(({ cell, ratio, low, high }, at) => {
		const y = frame.top + (at + 0.5) * pitch;
		const s = colour(cell.name);
		const label = `${cell.name} ${cell.concurrency}`;
		return [
			text(LEFT - 8, y + 4, label, { anchor: 'end', className: 'name' }),
			line(x(low), y, x(high), y, `interval s${s}`),
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
