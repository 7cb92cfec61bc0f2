import type { Attempt, Outcome } from '../../download/outcome.ts';
import { withoutSignature } from '../../util/secrets.ts';
import { escapeXml } from '../../util/text.ts';
import { formatCount, formatDuration, plural } from '../../util/units.ts';
import { shortNames } from '../final-summary.ts';
import { STATUS_WORDS } from './files-table.ts';

const NAME_LENGTH = 32;
/** Names up to this length leave room for the bars on a phone. */
const SHORT_LENGTH = 8;

const LEGEND: readonly (readonly [Phase['kind'], string])[] = [
	['idle', 'waiting to try'],
	['connect', 'connecting'],
	['wait', 'waiting for the answer'],
	['receive', 'receiving'],
	['write', 'writing'],
	['failed', 'failed'],
];

/**
 * A waterfall of the slowest targets: a row for each target, a bar for each phase of an attempt.
 *
 * @param runMs - Start of the run, in milliseconds since the Unix epoch.
 */
export function timelineHtml(timeline: TimelineRows, runMs: number): string {
	const rows = timeline.rows();
	const axis = axisOf(rows, runMs);
	// Without rows, or if nothing took time, the start is not a number.
	if (!(axis.endMs > axis.startMs)) {
		return '';
	}

	const names = shortNames(rows, NAME_LENGTH);
	const isShort = names.every((name) => name.length <= SHORT_LENGTH);
	const isCut = rows.some((row) => row.endMs > axis.endMs);
	const left = timeline.count - rows.length;
	const captions = [
		left > 0
			? `The ${formatCount(rows.length)} slowest of ${formatCount(timeline.count)}, in the order of their start.`
			: 'In the order of their start.',
		...(isCut ? ['A bar that ends in an arrow goes on beyond the axis.'] : []),
	];
	const legend = LEGEND.map(([kind, text]) => `<span><i class="p-${kind}"></i>${text}</span>`);
	return `<h2>The slowest</h2>
<p class="soft">${captions.join(' ')}</p>
<p class="legend">${legend.join('')}</p>
<div class="card pad"><table class="waterfall${isShort ? ' short' : ''}" style="--step:${percent(axis.stepMs / (axis.endMs - axis.startMs))}">
<thead><tr><th scope="col">name</th><th scope="col" class="axis">time since the start of the run${ticksHtml(axis)}</th><th scope="col" class="n">took</th></tr></thead>
<tbody>
${rows.map((row, index) => rowHtml(row, names[index] ?? '', axis)).join('')}</tbody></table></div>
`;
}

/** A linear scale. Times are milliseconds since the Unix epoch. */
interface Axis {
	readonly runMs: number;
	readonly startMs: number;
	readonly endMs: number;
	readonly stepMs: number;
}

/** Beyond this share of the axis, labels are right-aligned to their tick, to fit on a phone. */
const EDGE = 0.9;

function ticksHtml(axis: Axis): string {
	let html = '';
	for (let ms = axis.startMs; ms <= axis.endMs; ms += axis.stepMs) {
		const text = ms === axis.runMs ? '0' : formatDuration(ms - axis.runMs);
		const position = positionOf(ms, axis);
		html += `<span${position > EDGE ? ' class="edge"' : ''} style="left:${percent(position)}">${text}</span>`;
	}
	return html;
}

/** From 0 to 1. */
function positionOf(ms: number, { startMs, endMs }: Axis): number {
	return (Math.min(Math.max(ms, startMs), endMs) - startMs) / (endMs - startMs);
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(atLeast: number): number {
	const power = 10 ** Math.floor(Math.log10(atLeast));
	return ([1, 2, 5].find((factor) => factor * power >= atLeast) ?? 10) * power;
}

function rowHtml(outcome: Outcome, name: string, axis: Axis): string {
	const { target, requests } = outcome;
	const title = `${withoutSignature(target.id)}: ${STATUS_WORDS[outcome.status]}, ${plural(requests, 'request')}`;
	const bars = phasesOf(outcome).map((phase) => barHtml(phase, axis));
	const cut = outcome.endMs > axis.endMs ? ' cut' : '';
	return `<tr title="${escapeXml(title)}"><th scope="row">${escapeXml(name)}</th><td class="track${cut}">${bars.join('')}</td><td class="n">${formatDuration(outcome.endMs - outcome.startMs)}</td></tr>
`;
}

function barHtml({ kind, startMs, endMs }: Phase, axis: Axis): string {
	const from = positionOf(startMs, axis);
	const width = positionOf(endMs, axis) - from;
	return width > 0
		? `<i class="p-${kind}" style="left:${percent(from)};width:${percent(width)}"></i>`
		: '';
}

function percent(value: number): string {
	return `${(value * 100).toFixed(2)}%`;
}

const MAX_ROWS = 40;

/** Phase of an attempt, drawn as a bar. Times are milliseconds since the Unix epoch. */
export interface Phase {
	readonly kind: 'idle' | 'connect' | 'wait' | 'receive' | 'write' | 'failed';
	readonly startMs: number;
	readonly endMs: number;
}

function phasesOf({ attempts, startMs, endMs, failure }: Outcome): readonly Phase[] {
	if (attempts === undefined || attempts.length === 0) {
		return [{ kind: failure === undefined ? 'wait' : 'failed', startMs, endMs }];
	}
	const firstMs = attempts[0]?.startMs ?? startMs;
	return [{ kind: 'idle', startMs, endMs: firstMs }, ...attempts.flatMap(attemptPhases)];
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

export class TimelineRows {
	#slowest: Outcome[] = [];
	#count = 0;

	add(outcome: Outcome): void {
		if (outcome.requests === 0 && (outcome.attempts ?? []).length === 0) {
			return;
		}
		this.#count += 1;
		this.#slowest.push(outcome);
		// Amortizes the sort.
		if (this.#slowest.length >= MAX_ROWS * 4) {
			this.#keepSlowest();
		}
	}

	get count(): number {
		return this.#count;
	}

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

/** Starts with the run, unless all targets start much later. The first tick is its start. */
function axisOf(rows: readonly Outcome[], runMs: number): Axis {
	const firstMs = Math.min(...rows.map(({ startMs }) => startMs));
	const endMs = axisEnd(rows);
	const fromMs = firstMs - runMs > (endMs - runMs) / 4 ? firstMs : runMs;
	const stepMs = niceStep((endMs - fromMs) / 5);
	const startMs = runMs + Math.floor((fromMs - runMs) / stepMs) * stepMs;
	return { runMs, startMs, endMs, stepMs };
}

/** The last end; outliers that would squash the rest are cut off. */
function axisEnd(rows: readonly Outcome[]): number {
	const durations = rows.map(({ startMs, endMs }) => endMs - startMs).sort((a, b) => a - b);
	const usual = durations[Math.floor((durations.length - 1) * 0.9)] ?? 0;
	return Math.max(
		...rows.map(({ startMs, endMs }) => Math.min(endMs, startMs + usual * OUTLIER_FACTOR)),
	);
}

/** Bars longer than this multiple of the 90th percentile are cut off. */
const OUTLIER_FACTOR = 3;
