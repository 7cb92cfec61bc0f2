import type { ThresholdVerdict } from '../../thresholds/judge.ts';
import { groupBy } from '../../util/members.ts';
import { escapeXml } from '../../util/text.ts';
import { plural } from '../../util/units.ts';
import type { Analysis } from '../analysis/analysis.ts';
import { remarks } from '../report/remarks.ts';
import { title, verdict } from '../report/verdict.ts';
import type { Measured, Run } from '../results.ts';

export interface Content {
	readonly id: string;
	readonly title: string;
}

/** The recommendation with its reasons, caveats, and links to the sections. */
export function pageHeader(
	measured: Measured,
	analysis: Analysis,
	contents: readonly Content[],
): string {
	const { thresholds = [] } = analysis;
	return `<header>
<p class="eyebrow">flagdl bench</p>
${headline(analysis)}
${list('verdict', verdict(analysis))}
<p class="soft">${escapeXml(title(measured))}</p>
<p class="soft">${runCounts(measured)}</p>
${thresholds.length === 0 ? '' : `<ul class="thresholds">${thresholds.map(thresholdItem).join('')}</ul>`}
${list('remarks', remarks(measured, analysis))}
<nav aria-label="Contents">${contents.map(({ id, title: name }) => `<a href="#${id}">${escapeXml(name)}</a>`).join(' ')}</nav>
</header>
${failedRuns(measured)}`;
}

/** The last line of the terminal report, with the recommended command. */
function headline({ recommendation }: Analysis): string {
	const { text, options } = recommendation;
	const [, use = '', reasons = ''] = /^Use: (.*?)( \(.*\))?$/s.exec(text) ?? [];
	if (options === undefined || use === '') {
		return `<h1>${escapeXml(text)}</h1>`;
	}
	const command = ['flagdl get', ...options].join(' ');
	return `<h1>Use: <code>${escapeXml(use)}</code><span>${escapeXml(reasons)}</span></h1>
<p><code>${escapeXml(command)}</code></p>`;
}

function list(className: string, items: readonly string[]): string {
	return items.length === 0
		? ''
		: `<ul class="${className}">${items.map((item) => `<li>${escapeXml(item)}</li>`).join('')}</ul>`;
}

/** Number of counted runs, with a link to the others. */
function runCounts({ runs }: Measured): string {
	const bad = runs.filter(({ status }) => status !== 'ok').length;
	const good = `${runs.length - bad} of ${plural(runs.length, 'run')} with every file right, compared by SHA-256`;
	return bad === 0 ? `${good}.` : `${good}; <a href="#failed-runs">${bad} not counted</a>.`;
}

const MARKS = { pass: '✓', fail: '✗', inconclusive: '?' } as const;

function thresholdItem({ text, why, verdict: outcome, runs }: ThresholdVerdict): string {
	const found = runs.map(({ labels, found: value, reason }) => {
		const name = Object.values(labels).join(' ');
		return `${name}: ${value}${reason === undefined ? '' : ` (${reason})`}`;
	});
	const reason = why === undefined ? '' : ` ${escapeXml(why)}`;
	return `<li class="${outcome}"><b>${MARKS[outcome]} ${outcome}</b> <code>${escapeXml(text)}</code>${reason}<br><small>${escapeXml(found.join('; '))}</small></li>`;
}

/** Failures first: each failure of a cell once, with the output of the process. */
function failedRuns({ runs }: Measured): string {
	const bad = runs.filter(({ status }) => status !== 'ok');
	if (bad.length === 0) {
		return '';
	}
	const failures = [...groupBy(bad, failureText)].map(([text, own]) => failedRun(text, own));
	return `<section id="failed-runs"><h2>Runs that are not counted</h2>${failures.join('')}</section>`;
}

function failureText({ cell, status, failure = '' }: Run): string {
	return `<b>${escapeXml(cell)}</b>, ${status}: ${escapeXml(failure)}`;
}

function failedRun(text: string, runs: readonly Run[]): string {
	const rounds = runs.map(({ round }) => round).join(', ');
	const said = runs.find(({ log }) => log !== undefined);
	const output = said
		? `<details><summary>What it printed in round ${said.round}</summary><pre><code>${escapeXml(said.log ?? '')}</code></pre></details>`
		: '';
	return `<p class="failure">${text} (${runs.length === 1 ? 'round' : 'rounds'} ${rounds})</p>${output}`;
}
