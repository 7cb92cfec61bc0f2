import { escapeXml } from '../../util/text.ts';
import type { Analysis } from '../analysis/analysis.ts';
import { backOffs } from '../analysis/work-of-run.ts';
import { remarks } from '../report/remarks.ts';
import { title } from '../report/title.ts';
import { verdict } from '../report/verdict.ts';
import type { Measured } from '../results.ts';
import { cellsSection } from './cells.ts';
import { completionSection } from './completion.ts';
import type { PageContext } from './context.ts';
import { environmentSection } from './environment.ts';
import { faultsSection } from './faults.ts';
import { latencySection } from './latency.ts';
import { overviewSection } from './overview.ts';
import { coloursOf } from './palette.ts';
import { resourceSection } from './resources.ts';
import { runsSection } from './runs.ts';
import { speedUpSection } from './speed-up.ts';
import { STYLE } from './style.ts';
import { waterfallSection } from './waterfall.ts';

/** Nothing is loaded and nothing runs: the page is all there is. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** The pattern that figures hatch with. */
const DEFINITIONS = `<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
<pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M1 0V4"/></pattern>
</defs></svg>`;

/** The report as one page: no network, no script, light and dark, and for paper. */
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
