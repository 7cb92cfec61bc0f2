import type { Outcome } from '../../download/outcome.ts';
import { escapeXml } from '../../util/text.ts';
import { formatCount, formatDuration, plural } from '../../util/units.ts';
import type { FailureGroup, FailureGroups } from '../failure-groups.ts';
import { reasonOf } from '../outcome-line.ts';

const FEW = 20;

/** Failures grouped by cause, the largest group first; small groups are open. */
export function failuresHtml(groups: FailureGroups): string {
	const sorted = groups.sorted().toReversed();
	return sorted.length === 0 ? '' : `<h2>What failed</h2>\n${sorted.map(groupHtml).join('')}`;
}

function groupHtml(group: FailureGroup): string {
	const { count, code, message, outcomes } = group;
	const title = message.includes(code) ? message : `${message} (${code})`;
	const left = count - outcomes.length;
	const more =
		left > 0
			? `<li class="soft">… and ${formatCount(left)} more; a report in CSV or NDJSON has all of them.</li>\n`
			: '';
	return `<details class="card"${count <= FEW ? ' open' : ''}><summary><span class="count">${formatCount(count)} ×</span> ${escapeXml(title)}</summary>
<ul class="failures">
${outcomes.map((outcome) => itemHtml(outcome, group)).join('')}${more}</ul></details>
`;
}

function itemHtml(outcome: Outcome, group: FailureGroup): string {
	const { target, failure, requests, startMs, endMs } = outcome;
	const own =
		failure === undefined || (failure.message === group.message && failure.causes.length === 0)
			? ''
			: ` ${escapeXml(reasonOf(failure))}`;
	const url = escapeXml(target.url);
	const link = /^https?:/.test(target.url) ? `<a href="${url}" rel="noreferrer">${url}</a>` : url;
	const effort = `${plural(requests, 'request')}, ${formatDuration(endMs - startMs)}`;
	const id = target.id === target.url ? '' : `<b>${escapeXml(target.id)}</b> `;
	return `<li>${id}${link}${own} <span class="soft">${effort}</span></li>\n`;
}
