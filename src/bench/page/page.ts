import { escapeXml } from '../../util/text.ts';
import { formatAboutMs, formatMs, formatTimes } from '../../util/units.ts';
import type { Analysis } from '../analysis/analysis.ts';
import { isServerBound } from '../analysis/bound-by.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { backOffs } from '../analysis/ideal.ts';
import { CELL_COLUMNS, type Column, column, words } from '../report/cell-columns.ts';
import { cellText } from '../report/verdict.ts';
import type { Measured } from '../results.ts';
import { completionSection } from './completion.ts';
import { type Content, pageHeader } from './header.ts';
import { latencySection } from './latency.ts';
import { overviewSection } from './overview.ts';
import { resourceSection } from './resources.ts';
import { faultsSection, runsSection } from './runs.ts';
import type { PageContext } from './section.ts';
import { htmlTable } from './section.ts';
import { intervalText, speedUpSection } from './speed-up.ts';
import { coloursOf, STYLE } from './style.ts';
import { waterfallSection } from './waterfall.ts';

/** The page loads no resources and runs no scripts. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

const DEFINITIONS = `<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
<pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M1 0V4"/></pattern>
</defs></svg>`;

const SECTIONS: readonly (Content & { readonly html: (context: PageContext) => string })[] = [
	{ id: 'numbers', title: 'The numbers', html: cellsSection },
	{ id: 'speed-up', title: 'Speed-up', html: speedUpSection },
	{ id: 'overview', title: 'The same scale of time', html: overviewSection },
	{ id: 'waterfalls', title: 'Waterfalls', html: waterfallSection },
	{ id: 'completion', title: 'Completion', html: completionSection },
	{ id: 'latency', title: 'Latency', html: latencySection },
	{ id: 'resources', title: 'Processor and memory', html: resourceSection },
	{ id: 'runs', title: 'Every run', html: runsSection },
	{ id: 'faults', title: 'Faults', html: faultsSection },
	{ id: 'environment', title: 'Where and how', html: environmentSection },
];

/** The report as one page without network and script, with light, dark and print styles. */
export function htmlReport(measured: Measured, analysis: Analysis): string {
	const context: PageContext = {
		measured,
		analysis,
		colour: coloursOf(measured.cells.map(({ name }) => name)),
		waits: backOffs(measured),
	};
	const sections = SECTIONS.map((section) => ({ ...section, body: section.html(context) }));
	const filled = sections.filter(({ body }) => body !== '');

	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>flagdl bench: ${escapeXml(analysis.recommendation.text)}</title>
<style>${STYLE}</style>
</head>
<body>
${DEFINITIONS}
${pageHeader(measured, analysis, filled)}
<main>
${filled.map(({ id, body }) => `<div id="${id}">${body}</div>`).join('\n')}
</main>
</body>
</html>
`;
}

function cellsSection({ analysis }: PageContext): string {
	const { clock, cells, recommendation } = analysis;
	const baseline = cells.find(({ cell }) => cell.id === analysis.baseline)?.cell;
	// Percentiles and start-up are in the tables of their sections, so that the main table fits on a screen.
	const shared = CELL_COLUMNS.filter(({ head }) => !/^(p\d+|start)$/.test(head));
	const after = (head: string) => shared.findIndex((one) => one.head === head) + 1;
	const columns: readonly Column<CellAnalysis>[] = [
		...shared.slice(0, after('time')),
		column(
			'times as fast',
			`as ${baseline === undefined ? 'the baseline' : cellText(baseline)}, within rounds`,
			({ cell, speedUp }) =>
				cell.id === baseline?.id ? '1' : speedUp ? formatTimes(speedUp.ratio) : '',
		),
		column('95 % interval', 'of that ratio', intervalText),
		...shared.slice(after('time'), after('±')),
		column('range', 'shortest and longest run', ({ time }) =>
			time ? `${formatAboutMs(time.minMs)} … ${formatAboutMs(time.maxMs)}` : '',
		),
		column('runs', 'that count', ({ good }) => String(good)),
		...shared.slice(after('±')),
	];
	const what = clock === 'wallMs' ? '' : ' Times are of whole processes here.';
	return `<section>
<h2>The numbers</h2>
<p class="soft">Medians of the runs; the recommended cell is set in bold. The ideal is the time that no client could avoid: the latencies that were really served, one after the other on that many slots, and the back-off that had to pass.${what}</p>
${htmlTable(columns, cells, (cell) => rowClass(cell, recommendation.cell))}
</section>`;
}

function rowClass(cell: CellAnalysis, recommended: string | undefined): string {
	if (cell.time === undefined) {
		return 'bad';
	}
	if (isServerBound(cell)) {
		return 'grey';
	}
	return cell.cell.id === recommended ? 'best' : '';
}

function environmentSection({ measured }: PageContext): string {
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
${htmlTable<readonly [string, string]>(
	[
		words('what', 'of this bench', ([what]) => what),
		words('value', 'when it was run', ([, is]) => is),
	],
	facts.filter(([, is]) => is !== ''),
)}
</section>`;
}
