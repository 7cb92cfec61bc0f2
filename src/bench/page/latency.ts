import { ascending, quantile } from '../../statistics/percentile.ts';
import { formatMs, plural } from '../../util/units.ts';
import type { CellAnalysis, Percentile } from '../analysis/cell-analysis.ts';
import { completedRuns } from '../analysis/clock.ts';
import { bySlots, namesOf, PANEL_WIDTH, type PageContext } from './context.ts';
import { figureSection, htmlTable, lineLegend, type Panel } from './html.ts';
import { isFailed } from './phases.ts';
import { linearScale, logScale, polyline, svg, text, tickMs, xAxis, yAxis } from './svg.ts';

const HEIGHT = 250;
const FRAME = { left: 40, top: 8, right: PANEL_WIDTH - 14, bottom: HEIGHT - 32 };
const POINTS = 160;

interface Distribution {
	readonly cell: CellAnalysis;
	/** From slot to last byte of the successful requests, in milliseconds, ascending. */
	readonly ms: Float64Array;
	/** Share of all requests, from 0 to 1. */
	readonly succeeded: number;
}

/** The distribution of latencies. */
export function latencySection(context: PageContext): string {
	const { analysis, colour } = context;
	const groups = [...bySlots(analysis.cells)].map(([slots, cells]) => ({
		slots,
		all: cells.flatMap((cell) => distributionOf(context, cell) ?? []),
	}));
	const drawn = groups.filter(({ all }) => all.length > 0);
	const every = drawn.flatMap(({ all }) => all);
	if (every.length === 0) {
		return '';
	}
	const domain = [
		Math.min(...every.map(({ ms }) => ms[0] as number)) * 0.95,
		Math.max(...every.map(({ ms }) => ms.at(-1) as number)) * 1.05,
	] as const;

	return figureSection({
		title: 'Latency of requests',
		caption:
			'From slot to last byte, of all rounds. A request that failed never arrives, so a curve that ends below 100 % had failures; failures that are fast do not make it look better.',
		panels: drawn.map(({ slots, all }) => panel(context, slots, all, domain)),
		legend: lineLegend(namesOf(every.map(({ cell }) => cell)), colour),
		table: htmlTable(
			[
				{ head: 'strategy', align: 'left', text: ({ cell }) => cell.cell.name },
				{ head: 'slots', text: ({ cell }) => String(cell.cell.concurrency) },
				{ head: 'succeeded', text: ({ ms }) => String(ms.length) },
				{ head: 'share', text: ({ succeeded }) => `${(succeeded * 100).toFixed(1)} %` },
				...(every[0] as Distribution).cell.latency.map(({ p }) => ({
					head: `p${p * 100}`,
					text: ({ cell }: Distribution) => percentileText(cell.latency, p),
				})),
				{ head: 'longest', text: ({ ms }) => formatMs(ms.at(-1) ?? 0) },
			],
			every,
		),
	});
}

function percentileText(latency: readonly Percentile[], p: number): string {
	const ms = latency.find((one) => one.p === p)?.ms;
	return ms === undefined ? 'too few' : formatMs(ms);
}

function panel(
	{ colour }: PageContext,
	slots: number,
	all: readonly Distribution[],
	domain: readonly [number, number],
): Panel {
	const x = logScale(domain, [FRAME.left, FRAME.right]);
	const y = linearScale([0, 1], [FRAME.bottom, FRAME.top], 4);
	const path = ({ ms, succeeded }: Distribution) =>
		polyline(
			Array.from({ length: POINTS + 1 }, (_, at) => {
				const p = at / POINTS;
				return [x(quantile(ms, p)), y(p * succeeded)] as const;
			}),
		);
	return {
		title: plural(slots, 'slot'),
		svg: svg(
			PANEL_WIDTH,
			HEIGHT,
			`Distribution of latencies at ${plural(slots, 'slot')}`,
			xAxis(x, FRAME, tickMs) +
				yAxis(y, FRAME, (share) => `${Math.round(share * 100)} %`) +
				text(FRAME.right, HEIGHT - 3, 'at most so long', { anchor: 'end' }) +
				all
					.map((one) => `<path class="line s${colour(one.cell.cell.name)}" d="${path(one)}"/>`)
					.join(''),
		),
	};
}

function distributionOf({ measured }: PageContext, cell: CellAnalysis): Distribution | undefined {
	const attempts = completedRuns(measured, cell.cell.id).flatMap((run) => run.attempts);
	const good = attempts.flatMap((attempt) =>
		attempt.bodyMs === undefined || isFailed(attempt) || (attempt.status ?? 0) >= 300
			? []
			: [attempt.bodyMs - attempt.startMs],
	);
	const tried = attempts.filter(({ status = 0 }) => status < 300 || status >= 400).length;
	return good.length === 0
		? undefined
		: { cell, ms: ascending(good), succeeded: good.length / tried };
}
