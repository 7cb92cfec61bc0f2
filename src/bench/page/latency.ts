import { ascending, quantile } from '../../statistics/percentile.ts';
import { formatAboutMs, formatMs, formatShare, plural } from '../../util/units.ts';
import type { CellAnalysis, Percentile } from '../analysis/cell-analysis.ts';
import { cellColumns, column } from '../report/cell-columns.ts';
import type { RunAttempt } from '../results.ts';
import { completedRuns } from '../results.ts';
import { isFailed } from './phases.ts';
import {
	bySlots,
	figureSection,
	htmlTable,
	lineLegend,
	namesOf,
	type PageContext,
	type Panel,
} from './section.ts';
import { dashedLast } from './style.ts';
import { chart, chartFrame, linearScale, logScale, polyline, shape, tickMs, WIDTH } from './svg.ts';

const HEIGHT = 250;
const POINTS = 160;

interface Distribution {
	readonly cell: CellAnalysis;
	/** From slot to last byte of the successful requests, in milliseconds, ascending. */
	readonly ms: Float64Array;
	readonly good: readonly RunAttempt[];
	/** Share of all requests, from 0 to 1. */
	readonly succeeded: number;
}

export function latencySection(context: PageContext): string {
	const { analysis, colour } = context;
	const groups = bySlots(analysis.cells).map(([slots, cells]) => ({
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
		table: htmlTable<Distribution>(
			[
				...cellColumns(({ cell }: Distribution) => cell.cell),
				column('succeeded', 'requests, of all rounds', ({ ms }) => String(ms.length)),
				column('share', 'of all requests', ({ succeeded }) => `${(succeeded * 100).toFixed(1)} %`),
				...(every[0] as Distribution).cell.latency.map(({ p }) =>
					column(
						`p${p * 100}`,
						`${p * 100} of 100 requests took at most`,
						({ cell }: Distribution) => percentileText(cell.latency, p),
					),
				),
				...PHASES.map(({ head, meaning, of }) =>
					column(head, meaning, ({ good }: Distribution) =>
						phaseText(good.flatMap((one) => of(one) ?? [])),
					),
				),
				column('longest', 'of the requests that succeeded', ({ ms }) => formatMs(ms.at(-1) ?? 0)),
			],
			every,
		),
	});
}

/** Phases of a request; their medians do not add up to the median of the whole. */
const PHASES: readonly {
	readonly head: string;
	readonly meaning: string;
	readonly of: (attempt: RunAttempt) => number | undefined;
}[] = [
	{
		head: 'connecting',
		meaning: 'p50 and p95 of those that did',
		of: ({ reused, connectedMs, startMs }) =>
			reused === false && connectedMs !== undefined ? connectedMs - startMs : undefined,
	},
	{
		head: 'first byte',
		meaning: 'p50 and p95, from connection to header',
		of: ({ headersMs, connectedMs }) => headersMs && headersMs - (connectedMs ?? headersMs),
	},
	{
		head: 'body',
		meaning: 'p50 and p95, from header to last byte',
		of: ({ bodyMs, headersMs }) => bodyMs && bodyMs - (headersMs ?? bodyMs),
	},
];

function phaseText(ms: readonly number[]): string {
	const sorted = ascending(ms);
	return sorted.length === 0
		? ''
		: `${formatAboutMs(quantile(sorted, 0.5))}, ${formatAboutMs(quantile(sorted, 0.95))}`;
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
	const x = logScale(domain, [0, WIDTH]);
	const { top, bottom } = chartFrame(HEIGHT);
	const y = linearScale([0, 1], [bottom, top]);
	const path = ({ ms, succeeded }: Distribution) =>
		polyline(
			Array.from({ length: POINTS + 1 }, (_, at) => {
				const p = at / POINTS;
				return [x(quantile(ms, p)), y(p * succeeded)] as const;
			}),
		);
	return {
		title: plural(slots, 'slot'),
		svg: chart(
			{ label: `Distribution of latencies at ${plural(slots, 'slot')}`, height: HEIGHT, left: 42 },
			{ scale: x, title: 'latency (logarithmic scale)', label: tickMs },
			{ scale: y, title: 'requests that took at most so long', label: formatShare },
			dashedLast(all, ({ cell }) => colour(cell.cell.name)).map((one) =>
				shape(path(one), `line s${colour(one.cell.cell.name)}`),
			),
		),
	};
}

function distributionOf({ measured }: PageContext, cell: CellAnalysis): Distribution | undefined {
	const attempts = completedRuns(measured, cell.cell.id).flatMap((run) => run.attempts);
	const good = attempts.filter(
		(attempt) => attempt.bodyMs !== undefined && !isFailed(attempt) && (attempt.status ?? 0) < 300,
	);
	const tried = attempts.filter(({ status = 0 }) => status < 300 || status >= 400).length;
	return good.length === 0
		? undefined
		: {
				cell,
				good,
				ms: ascending(good.map(({ bodyMs = 0, startMs }) => bodyMs - startMs)),
				succeeded: good.length / tried,
			};
}
