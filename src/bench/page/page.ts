import { escapeXml } from '../../util/text.ts';
import { formatMs, formatRange, formatRatio } from '../../util/units.ts';
import type { Analysis } from '../analysis/analysis.ts';
import { isServerBound } from '../analysis/bound-by.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { backOffs } from '../analysis/work-of-run.ts';
import { CELL_COLUMNS, type Column } from '../report/cell-columns.ts';
import { remarks } from '../report/remarks.ts';
import { title, verdict } from '../report/verdict.ts';
import type { Measured } from '../results.ts';
import { completionSection } from './completion.ts';
import type { PageContext } from './context.ts';
import { faultsSection } from './faults.ts';
import { htmlTable } from './html.ts';
import { latencySection } from './latency.ts';
import { overviewSection } from './overview.ts';
import { resourceSection } from './resources.ts';
import { runsSection } from './runs.ts';
import { speedUpSection } from './speed-up.ts';
import { coloursOf, STYLE } from './style.ts';
import { waterfallSection } from './waterfall.ts';

/** The page loads nothing and runs nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** The hatch pattern of the figures. */
const DEFINITIONS = `<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
<pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M1 0V4"/></pattern>
</defs></svg>`;

/** The report as one page without network and script, with light, dark and print styles. */
export function htmlReport(measured: Measured, analysis: Analysis): string {
	const context: PageContext = {
		measured,
		analysis,
		colour: coloursOf(measured.cells.map(({ name }) => name)),
		waits: backOffs(measured),
	};
	const list = (className: string, items: readonly string[]) =>
		items.length === 0
			? ''
			: `<ul class="${className}">${items.map((item) => `<li>${escapeXml(item)}</li>`).join('')}</ul>`;

	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>flagdl bench: ${escapeXml(title(measured))}</title>
<style>${STYLE}</style>
</head>
<body>
${DEFINITIONS}
<header>
<h1>flagdl bench</h1>
${list('verdict', verdict(analysis))}
<p class="soft">${escapeXml(title(measured))}</p>
${list('remarks', remarks(measured, analysis))}
</header>
<main>
${[
	cellsSection(context),
	speedUpSection(context),
	overviewSection(context),
	waterfallSection(context),
	completionSection(context),
	latencySection(context),
	resourceSection(context),
	runsSection(context),
	faultsSection(context),
	environmentSection(measured),
].join('\n')}
</main>
</body>
</html>
`;
}

type CellColumn = Column<CellAnalysis>;

/** The main table. */
function cellsSection({ analysis, measured }: PageContext): string {
	const { clock, cells, baseline } = analysis;
	const planned = measured.work.scenario?.planned.idealMs ?? {};
	const times = cells.flatMap(({ time }) => time?.medianMs ?? []);
	const best = Math.min(...times);
	const [strategy, slots, time, ...others] = CELL_COLUMNS as readonly [
		CellColumn,
		CellColumn,
		CellColumn,
	];
	const speedUp: readonly CellColumn[] = [
		{
			head: 'times as fast',
			text: ({ cell, speedUp: ratio }) =>
				cell.id === baseline ? '1' : ratio ? formatRatio(ratio.ratio) : '',
		},
		{
			head: '95 % interval',
			text: ({ speedUp: ratio }) =>
				ratio?.interval ? formatRange(ratio.interval.low, ratio.interval.high) : '',
		},
		{ head: 'ideal', text: ({ ideal }) => (ideal ? formatMs(ideal.ms) : '') },
		{
			head: 'planned ideal',
			text: ({ cell, time: own }) => (own ? formatPlanned(planned[String(cell.concurrency)]) : ''),
		},
	];
	const what =
		clock === 'wallMs' ? 'from the first request to the last file' : 'of the whole process';
	return `<section>
<h2>The numbers</h2>
<p class="soft">Time is the median ${what}. The ideal is the schedule of the latencies that were really served on that many slots, with the back-off that had to pass; the planned ideal the same of the latencies that were planned, without back-off.</p>
${htmlTable([strategy, slots, time, ...speedUp, ...others], cells, (cell) => rowClass(cell, best))}
</section>`;
}

function rowClass(cell: CellAnalysis, bestMs: number): string {
	if (cell.time === undefined) {
		return 'bad';
	}
	if (isServerBound(cell)) {
		return 'grey';
	}
	return cell.time.medianMs === bestMs ? 'best' : '';
}

function formatPlanned(ms: number | undefined): string {
	return ms === undefined || ms === 0 ? '' : formatMs(ms);
}

/** The machine, and the command line that repeats the bench. */
function environmentSection(measured: Measured): string {
	const { environment, version, startedAt, endedAt, command, seed, rounds, work } = measured;
	const { node, platform, cpu, cores, memoryBytes, loadBefore, timerLatenessMs } = environment;
	const facts: readonly (readonly [string, string])[] = [
		['flagdl', version],
		['Node.js', node],
		['System', platform],
		['Processor', `${cpu}, ${cores} cores for client and server together`],
		['Memory', `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`],
		['Load before', loadBefore === undefined ? '' : loadBefore.toFixed(2)],
		['Timers', `fire ${formatMs(timerLatenessMs)} late`],
		['From, to', `${startedAt}, ${endedAt}`],
		['Rounds', `${rounds}, each cell once in each, in an order shuffled with seed ${seed}`],
		[
			'Server',
			work.scenario
				? `flagdl serve, a process of its own, scenario ${work.scenario.name}`
				: 'yours',
		],
	];
	return `<section>
<h2>Where, and how to do it again</h2>
<pre><code>${escapeXml(command)}</code></pre>
${htmlTable(
	[
		{ head: 'what', align: 'left', text: ([what]) => what },
		{ head: 'is', align: 'left', text: ([, is]) => is },
	],
	facts.filter(([, is]) => is !== ''),
)}
</section>`;
}
