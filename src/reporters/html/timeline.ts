import type { Attempt, Outcome } from '../../download/outcome.ts';
import { escapeXml, shortenMiddle } from '../../util/text.ts';
import { formatCount, formatDuration } from '../../util/units.ts';

const WIDTH = 960;
const LABEL_WIDTH = 150;
const ROW_HEIGHT = 13;
const BAR_HEIGHT = 9;
const AXIS_HEIGHT = 18;
const LABEL_LENGTH = 24;

const LEGEND: readonly (readonly [Phase['kind'], string])[] = [
	['idle', 'waiting to try'],
	['connect', 'connecting'],
	['wait', 'waiting for the answer'],
	['receive', 'receiving'],
	['write', 'writing'],
	['failed', 'failed'],
];

/** One row for each target, one bar for each attempt. */
export function timelineHtml(timeline: TimelineRows, startMs: number): string {
	const rows = timeline.rows();
	const endMs = axisEnd(rows, startMs);
	if (rows.length === 0 || endMs <= startMs) {
		return '';
	}

	const scale: Scale = (ms) =>
		LABEL_WIDTH + ((Math.min(ms, endMs) - startMs) / (endMs - startMs)) * (WIDTH - LABEL_WIDTH - 8);
	const height = AXIS_HEIGHT + rows.length * ROW_HEIGHT;
	const left = timeline.count - rows.length;
	const more =
		left > 0
			? `<p class="soft">${formatCount(rows.length)} of ${formatCount(timeline.count)} targets: the slowest, in the order of their start.</p>\n`
			: '';
	const legend = LEGEND.map(([kind, text]) => `<span><i class="p-${kind}"></i>${text}</span>`);
	return `<h2>The slowest</h2>
<p class="legend">${legend.join('')}</p>
${more}<div class="card scroll"><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Timeline of attempts">
${axis(startMs, endMs, scale, height)}${rows.map((row, index) => rowSvg(row, index, scale, endMs)).join('')}</svg></div>
`;
}

type Scale = (ms: number) => number;

function axis(startMs: number, endMs: number, scale: Scale, height: number): string {
	const step = niceStep((endMs - startMs) / 6);
	let ticks = '';
	for (let ms = 0; ms <= endMs - startMs; ms += step) {
		const x = fixed(scale(startMs + ms));
		ticks += `<line class="grid" x1="${x}" x2="${x}" y1="${AXIS_HEIGHT - 4}" y2="${height}"/><text x="${x}" y="10" text-anchor="middle">${ms === 0 ? '0' : formatDuration(ms)}</text>\n`;
	}
	return ticks;
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(atLeast: number): number {
	const power = 10 ** Math.floor(Math.log10(atLeast));
	return ([1, 2, 5].find((factor) => factor * power >= atLeast) ?? 10) * power;
}

function rowSvg(outcome: Outcome, index: number, scale: Scale, axisEndMs: number): string {
	const { target, status, startMs, endMs } = outcome;
	const y = AXIS_HEIGHT + index * ROW_HEIGHT;
	const name =
		target.id === target.url ? target.url.slice(target.url.lastIndexOf('/') + 1) : target.id;
	const label = shortenMiddle(name, LABEL_LENGTH);
	const bars = phasesOf(outcome).filter((phase) => phase.endMs > phase.startMs);
	const cut =
		endMs > axisEndMs
			? `<text x="${WIDTH - 10}" y="${y + BAR_HEIGHT}" text-anchor="end" class="cut">→ ${formatDuration(endMs - startMs)}</text>`
			: '';
	return `<g><title>${escapeXml(`${target.id}: ${status}, ${formatDuration(endMs - startMs)}`)}</title><text x="${LABEL_WIDTH - 6}" y="${y + BAR_HEIGHT}" text-anchor="end">${escapeXml(label)}</text>${bars.map((phase) => barSvg(phase, y, scale)).join('')}${cut}</g>\n`;
}

function barSvg({ kind, startMs, endMs }: Phase, y: number, scale: Scale): string {
	const x = scale(startMs);
	const width = Math.max(0.5, scale(endMs) - x);
	const [top, height] = kind === 'idle' ? [y + BAR_HEIGHT / 2, 2] : [y, BAR_HEIGHT];
	return `<rect class="p-${kind}" x="${fixed(x)}" y="${top}" width="${fixed(width)}" height="${height}"/>`;
}

function fixed(number: number): string {
	return number.toFixed(1);
}

const MAX_ROWS = 40;

/** Part of an attempt, as it is painted. Times are milliseconds since the Unix epoch. */
export interface Phase {
	readonly kind: 'idle' | 'connect' | 'wait' | 'receive' | 'write' | 'failed';
	readonly startMs: number;
	readonly endMs: number;
}

/** What attempts tell about an outcome, for the timeline. */
function phasesOf({ attempts, startMs, endMs, failure }: Outcome): readonly Phase[] {
	if (attempts === undefined || attempts.length === 0) {
		return [{ kind: failure === undefined ? 'wait' : 'failed', startMs, endMs }];
	}
	return attempts.flatMap(attemptPhases);
}

function attemptPhases(attempt: Attempt): readonly Phase[] {
	const { startMs, endMs, waitedMs, code } = attempt;
	const idle: Phase = { kind: 'idle', startMs: startMs - waitedMs, endMs: startMs };
	if (code !== undefined) {
		return [idle, { kind: 'failed', startMs, endMs }];
	}

	const connected = attempt.reused === true ? startMs : (attempt.connectedMs ?? startMs);
	const headers = attempt.headersMs ?? endMs;
	const body = attempt.bodyMs ?? endMs;
	return [
		idle,
		{ kind: 'connect', startMs, endMs: connected },
		{ kind: 'wait', startMs: connected, endMs: headers },
		{ kind: 'receive', startMs: headers, endMs: body },
		{ kind: 'write', startMs: body, endMs },
	];
}

/** Remembers the slowest outcomes. */
export class TimelineRows {
	#slowest: Outcome[] = [];
	#count = 0;

	add(outcome: Outcome): void {
		if (outcome.requests === 0 && (outcome.attempts ?? []).length === 0) {
			return;
		}
		this.#count += 1;
		this.#slowest.push(outcome);
		// Sorted now and then only.
		if (this.#slowest.length >= MAX_ROWS * 4) {
			this.#keepSlowest();
		}
	}

	/** Number of outcomes that could have been shown. */
	get count(): number {
		return this.#count;
	}

	/** In order of their beginning. */
	rows(): readonly Outcome[] {
		this.#keepSlowest();
		return [...this.#slowest].sort((a, b) => a.startMs - b.startMs);
	}

	#keepSlowest(): void {
		this.#slowest = this.#slowest
			.sort((a, b) => b.endMs - b.startMs - (a.endMs - a.startMs))
			.slice(0, MAX_ROWS);
	}
}

/** The last end, unless one or two outliers would squash the rest: their bars are cut off then. */
function axisEnd(rows: readonly Outcome[], startMs: number): number {
	const ends = rows.map(({ endMs }) => endMs).sort((a, b) => a - b);
	const last = ends.at(-1) ?? startMs;
	const usual = ends[Math.floor((ends.length - 1) * 0.9)] ?? last;
	return Math.min(last, startMs + (usual - startMs) * 2);
}
