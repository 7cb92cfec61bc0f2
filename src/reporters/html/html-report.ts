import type { Outcome } from '../../download/outcome.ts';
import type { Reporter, RunEnd, RunStart, WarningEvent } from '../../events/run-event.ts';
import { withoutSignature } from '../../util/secrets.ts';
import { escapeXml } from '../../util/text.ts';
import { formatCount, formatDuration, plural } from '../../util/units.ts';
import { type FailureGroup, FailureGroups } from '../error-report.ts';
import type { ReportFile } from '../files/report-file.ts';
import { reasonOf } from '../outcome-lines.ts';
import { FileRows, TABLE_SCRIPT } from './files-table.ts';
import { Gallery } from './gallery.ts';
import { headHtml, titleOf } from './head.ts';
import { STYLE } from './style.ts';
import { TimelineRows, timelineHtml } from './timeline.ts';

const MAX_FAILURES = 300;

/**
 * A self-contained page, readable without network or scripts: failures, the slowest targets, a table of
 * files, and folded pictures. Each part has a maximum size, which bounds memory; omitted entries are counted.
 */
export function htmlReport(file: ReportFile): Reporter {
	const groups = new FailureGroups(MAX_FAILURES);
	const files = new FileRows();
	const gallery = new Gallery();
	const timeline = new TimelineRows();
	const warnings: WarningEvent[] = [];
	let start: RunStart | undefined;
	let end: RunEnd | undefined;

	return {
		on(event) {
			if (event.type === 'run.start') {
				start = event;
			} else if (event.type === 'outcome') {
				for (const part of [groups, files, gallery, timeline]) {
					part.add(event.outcome);
				}
			} else if (event.type === 'warning') {
				warnings.push(event);
			} else if (event.type === 'run.end') {
				end = event;
			}
		},
		async close() {
			if (start === undefined || end === undefined) {
				return;
			}
			file.write(openingHtml(titleOf(end)));
			file.write(headHtml({ start, end, warnings }));
			file.write(failuresHtml(groups));
			file.write(timelineHtml(timeline, start.startMs));
			for (const html of files.html()) {
				file.write(html);
			}
			for await (const html of gallery.html()) {
				file.write(html);
			}
			file.write(CLOSING);
		},
	};
}

function openingHtml(title: string): string {
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${title} – flagdl</title>
<style>${STYLE}</style>
</head>
<body>
`;
}

const CLOSING = `<footer class="soft">Written by flagdl. This page needs no network; its script only sorts and filters.</footer>
<script>${TABLE_SCRIPT}</script>
</body>
</html>
`;

const MAX_OPEN = 20;

/** Failures grouped by cause, the largest group first; small groups are open. */
export function failuresHtml(groups: FailureGroups): string {
	const sorted = groups.sorted().toReversed();
	return sorted.length === 0
		? ''
		: `<h2 id="failures">What failed</h2>\n${sorted.map(groupHtml).join('')}`;
}

function groupHtml(group: FailureGroup): string {
	const { count, outcomes } = group;
	const title = reasonOf(outcomes[0]?.failure);
	const left = count - outcomes.length;
	const more =
		left > 0
			? `<li class="soft">… and ${formatCount(left)} more; a report in CSV or NDJSON has all of them.</li>\n`
			: '';
	return `<details class="card"${count <= MAX_OPEN ? ' open' : ''}><summary><span class="count">${formatCount(count)} ×</span> ${escapeXml(title)}</summary>
<ul class="failures">
${outcomes.map((outcome) => itemHtml(outcome, group)).join('')}${more}</ul></details>
`;
}

function itemHtml(outcome: Outcome, group: FailureGroup): string {
	const { target, failure, requests, startMs, endMs } = outcome;
	const reason = reasonOf(failure);
	// Omitted if it equals the title of the group.
	const own = reason === reasonOf(group.outcomes[0]?.failure) ? '' : ` ${escapeXml(reason)}`;
	const url = escapeXml(withoutSignature(target.url));
	const isLink = /^https?:/.test(target.url) && withoutSignature(target.url) === target.url;
	const link = isLink ? `<a href="${url}" rel="noreferrer">${url}</a>` : url;
	const effort = `${plural(requests, 'request')}, ${formatDuration(endMs - startMs)}`;
	const id = target.id === target.url ? '' : `<b>${escapeXml(withoutSignature(target.id))}</b> `;
	return `<li>${id}${link}${own} <span class="soft">${effort}</span></li>\n`;
}
