import type { RunEnd, RunStart, WarningEvent } from '../../events/run-event.ts';
import { countAll, countMissing } from '../../events/summary.ts';
import { escapeXml, shortenMiddle } from '../../util/text.ts';
import { formatBytes, formatCount, formatDuration, plural } from '../../util/units.ts';

export interface Head {
	readonly start: RunStart;
	readonly end: RunEnd;
	readonly warnings: readonly WarningEvent[];
}

/** What it all came to. */
export function headHtml({ start, end, warnings }: Head): string {
	const all = countAll(end.totals);
	const there = all - countMissing(end.totals);
	// What was there before was not saved by this run.
	const verb = end.totals.ok === there ? 'Saved' : 'Have';
	const title =
		there === all
			? `${verb} all ${plural(all, 'file')}`
			: `${verb} ${formatCount(there)} of ${plural(all, 'file')}`;
	const notices = warnings.map(
		({ message }) => `<p class="card notice">${escapeXml(message)}</p>\n`,
	);
	return `<header>
<h1 class="${there === all ? 'good' : 'bad'}">${title}</h1>
<p class="soft">${settingOf(start)}</p>
${commandHtml(start)}${shareHtml(end, all)}</header>
${notices.join('')}<div class="tiles">
${tilesOf(end).join('')}</div>
`;
}

/** Arguments may be thousands of URLs, which the table has. */
const MAX_COMMAND_LENGTH = 2000;

function commandHtml({ commandLine }: RunStart): string {
	return commandLine === undefined
		? ''
		: `<pre class="command">${escapeXml(shortenMiddle(commandLine, MAX_COMMAND_LENGTH))}</pre>\n`;
}

function settingOf({
	version,
	nodeVersion,
	strategy,
	concurrency,
	threads,
	server,
	scenario,
	seed,
	startMs,
}: RunStart): string {
	const parts = [
		`<time>${new Date(startMs).toISOString().replace('T', ' ').slice(0, 19)} UTC</time>`,
		`strategy ${escapeXml(strategy)}, concurrency ${concurrency}`,
		threads === undefined ? '' : plural(threads, 'thread'),
		server === undefined ? '' : `flags from ${escapeXml(server)}`,
		scenario === undefined ? '' : `scenario ${escapeXml(scenario)}`,
		seed === undefined ? '' : `seed ${seed}`,
		`flagdl ${escapeXml(version)}`,
		nodeVersion === undefined ? '' : `Node.js ${escapeXml(nodeVersion)}`,
	];
	return parts.filter((part) => part !== '').join(' · ');
}

function shareHtml({ totals }: RunEnd, all: number): string {
	const spans = Object.entries(totals)
		.filter(([, count]) => count > 0)
		.map(
			([status, count]) =>
				`<span class="${status}" style="width:${((count / all) * 100).toFixed(2)}%" title="${status}: ${formatCount(count)}"></span>`,
		);
	return all === 0 ? '' : `<div class="share">${spans.join('')}</div>\n`;
}

function tilesOf({
	totals,
	bytes,
	wallMs,
	requests,
	retries,
	cpuMs,
	maxRssBytes,
}: RunEnd): readonly string[] {
	const { ok, unchanged, skipped, not_found, error, cancelled } = totals;
	const counts = [
		tile(formatCount(ok), 'saved', 'good'),
		...(unchanged > 0 ? [tile(formatCount(unchanged), 'unchanged', 'good')] : []),
		...(skipped > 0 ? [tile(formatCount(skipped), 'already there', 'good')] : []),
		...(not_found > 0 ? [tile(formatCount(not_found), 'not found', 'warn')] : []),
		...(error > 0 ? [tile(formatCount(error), 'failed', 'bad')] : []),
		...(cancelled > 0 ? [tile(formatCount(cancelled), 'cancelled', 'soft')] : []),
	];
	return [
		...counts,
		tile(formatBytes(bytes), 'received and kept'),
		tile(formatDuration(wallMs), 'from first to last'),
		tile(formatCount(requests), 'requests'),
		tile(formatCount(retries), retries === 1 ? 'retry' : 'retries'),
		tile(formatDuration(cpuMs), 'CPU'),
		tile(formatBytes(maxRssBytes), 'peak memory'),
	];
}

function tile(value: string, label: string, look: string = ''): string {
	return `<div class="card tile"><b class="${look}">${value}</b><span class="soft">${label}</span></div>\n`;
}
