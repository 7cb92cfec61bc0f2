import type { OutcomeStatus } from '../../download/outcome.ts';
import {
	countAll,
	countMissing,
	type RunEnd,
	type RunStart,
	type Totals,
	type WarningEvent,
} from '../../events/run-event.ts';
import { escapeXml, shortenMiddle } from '../../util/text.ts';
import { formatBytes, formatCount, formatDuration, plural } from '../../util/units.ts';
import { isPresent } from '../outcome-lines.ts';
import { STATUS_WORDS } from './files-table.ts';

export interface Head {
	readonly start: RunStart;
	readonly end: RunEnd;
	readonly warnings: readonly WarningEvent[];
}

/** The result in one line. */
export function titleOf({ totals }: RunEnd): string {
	const all = countAll(totals);
	const there = all - countMissing(totals);
	// "Have" if some files existed before the run.
	const verb = totals.ok === there ? 'Saved' : 'Have';
	if (all === 0) {
		return 'No download was started';
	}
	return there === all
		? `${verb} all ${plural(all, 'file')}`
		: `${verb} ${formatCount(there)} of ${plural(all, 'file')}`;
}

export function headHtml({ start, end, warnings }: Head): string {
	const notices = warnings.map(
		({ message }) => `<p class="card notice">${escapeXml(message)}</p>\n`,
	);
	const { commandLine } = start;
	const command =
		commandLine === undefined
			? ''
			: `<pre class="command">${escapeXml(shortenMiddle(commandLine, MAX_COMMAND_LENGTH))}</pre>\n`;
	const all = countAll(end.totals);
	const isComplete = all > 0 && countMissing(end.totals) === 0;
	return `<header>
<h1 class="${isComplete ? 'good' : 'bad'}">${titleOf(end)}</h1>
<p class="soft">${settingOf(start)}</p>
${command}</header>
${notices.join('')}${shareHtml(end, all)}<div class="tiles">
${tilesOf(end).join('')}</div>
`;
}

/** Arguments may contain thousands of URLs, which the table lists anyway. */
const MAX_COMMAND_LENGTH = 2000;

function settingOf(start: RunStart): string {
	const { nodeVersion, threads, server, scenario, seed } = start;
	const parts = [
		`<time>${new Date(start.startMs).toISOString().replace('T', ' ').slice(0, 19)} UTC</time>`,
		`strategy ${escapeXml(start.strategy)}, concurrency ${start.concurrency}`,
		threads === undefined ? '' : plural(threads, 'thread'),
		server === undefined ? '' : `flags from ${escapeXml(server)}`,
		scenario === undefined ? '' : `scenario ${escapeXml(scenario)}`,
		seed === undefined ? '' : `seed ${seed}`,
		`flagdl ${escapeXml(start.version)}`,
		nodeVersion === undefined ? '' : `Node.js ${escapeXml(nodeVersion)}`,
	];
	return parts.filter((part) => part !== '').join(' · ');
}

function shareHtml({ totals }: RunEnd, all: number): string {
	const present = presentStatuses(totals);
	const spans = present.map(
		(status) =>
			`<span class="b-${status}" style="width:${((totals[status] / all) * 100).toFixed(2)}%"></span>`,
	);
	const words = present.map((status) => `${formatCount(totals[status])} ${STATUS_WORDS[status]}`);
	return all === 0
		? ''
		: `<div class="share" role="img" aria-label="${words.join(', ')}">${spans.join('')}</div>\n`;
}

function tilesOf(end: RunEnd): readonly string[] {
	const { totals, bytes, wallMs, requests, retries, cpuMs, maxRssBytes } = end;
	return [
		...presentStatuses(totals).map((status) => {
			const to = isPresent(status) ? '#files' : '#failures';
			return `<a class="card tile" href="${to}"><b class="s-${status}">${formatCount(totals[status])}</b><span>${STATUS_WORDS[status]}</span></a>\n`;
		}),
		tile(formatBytes(bytes), 'received and kept'),
		tile(formatDuration(wallMs), 'from first to last'),
		tile(formatCount(requests), requests === 1 ? 'request' : 'requests'),
		tile(formatCount(retries), retries === 1 ? 'retry' : 'retries'),
		tile(formatDuration(cpuMs), 'processor time'),
		tile(formatBytes(maxRssBytes), 'peak memory'),
	];
}

function presentStatuses(totals: Totals): readonly OutcomeStatus[] {
	return (Object.keys(STATUS_WORDS) as OutcomeStatus[]).filter((status) => totals[status] > 0);
}

function tile(value: string, label: string): string {
	return `<div class="card tile"><b>${value}</b><span class="soft">${label}</span></div>\n`;
}
