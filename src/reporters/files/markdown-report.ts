import { escapeMarkdown } from '../../util/text.ts';
import { formatBytes, formatCount, formatDuration, plural } from '../../util/units.ts';
import type { Reporter, RunEnd, RunStart } from '../event.ts';
import { type FailureGroup, FailureGroups } from '../failure-groups.ts';
import { reasonOf } from '../outcome-line.ts';
import { countAll, countMissing } from '../summary.ts';
import type { ReportFile } from './report-file.ts';

const MOST_LISTED = 100;

/** For a ticket, or the summary page of a CI run: totals, then failures grouped by cause. */
export function markdownReport(file: ReportFile): Reporter {
	const groups = new FailureGroups(MOST_LISTED);
	let start: RunStart | undefined;
	const warnings: string[] = [];

	return {
		on(event) {
			switch (event.type) {
				case 'run.start':
					start = event;
					break;
				case 'outcome':
					groups.add(event.outcome);
					break;
				case 'warning':
					warnings.push(`> ${escapeMarkdown(event.message)}\n\n`);
					break;
				case 'activity':
				case 'not_started':
					break;
				case 'run.end':
					file.write([titleOf(event), ...warnings, totalsTable(event), setting(start)].join(''));
					for (const group of groups.sorted().toReversed()) {
						file.write(groupSection(group));
					}
					break;
			}
		},
	};
}

function titleOf({ totals }: RunEnd): string {
	const all = countAll(totals);
	const there = all - countMissing(totals);
	return `# ${there === all ? '✅' : '❌'} ${formatCount(there)} of ${plural(all, 'file')}\n\n`;
}

function totalsTable(end: RunEnd): string {
	const { ok, unchanged, skipped, not_found, error, cancelled } = end.totals;
	return `| saved | unchanged | there before | not found | errors | cancelled | requests | retries | size | time |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
| ${[ok, unchanged, skipped, not_found, error, cancelled, end.requests, end.retries].map(formatCount).join(' | ')} | ${formatBytes(end.bytes)} | ${formatDuration(end.wallMs)} |

`;
}

function setting(start: RunStart | undefined): string {
	if (start === undefined) {
		return '';
	}
	const { version, strategy, concurrency, server, scenario, startMs } = start;
	const from = server === undefined ? '' : `, flags from ${escapeMarkdown(server)}`;
	const mode = scenario === undefined ? '' : ` (scenario ${escapeMarkdown(scenario)})`;
	return `flagdl ${version}, ${new Date(startMs).toISOString()}, strategy ${strategy}, concurrency ${concurrency}${from}${mode}\n\n`;
}

function groupSection({ code, count, outcomes }: FailureGroup): string {
	const rows = outcomes.map(
		({ target, requests, startMs, endMs, failure }) =>
			`| ${[target.id, target.url, reasonOf(failure)].map(escapeMarkdown).join(' | ')} | ${requests} | ${formatDuration(endMs - startMs)} |\n`,
	);
	const more =
		count > outcomes.length
			? `\n… and ${formatCount(count - outcomes.length)} more; a report in CSV or NDJSON has all of them.\n`
			: '';
	return `## ${formatCount(count)} × ${escapeMarkdown(code)}

| target | URL | cause | requests | time |
|---|---|---|--:|--:|
${rows.join('')}${more}
`;
}
