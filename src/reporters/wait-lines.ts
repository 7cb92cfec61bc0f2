import type { ThrottleReason } from '../download/origin/limiter.ts';
import type { InFlight, Wait } from '../download/progress.ts';
import { printable, printableUrl, shortenAll } from '../util/text.ts';
import { formatBytes, formatWait } from '../util/units.ts';
import { CLEAR_REST_OF_LINE, type Output, type Paint } from './output.ts';
import { timeOfDay } from './progress.ts';

/** A body counts as stalled after this silence. */
const SILENCE_MS = 2000;
const SHORTEST_NAME = 8;
const LONGEST_NAME = 32;

/** Timeouts of requests, from the options of the run. */
export interface WaitLimits {
	readonly stallTimeMs: number;
	readonly connectTimeoutMs: number;
}

/**
 * The slowest requests, a line each: `US  6 s  next try at 14:03:05, after http_503`.
 *
 * @param columns - Width of the terminal; every line is narrower if it has at least 12.
 */
export function waitLines(
	slowest: readonly InFlight[],
	columns: number,
	paint: Paint,
	atMs: number,
	limits: WaitLimits,
): readonly string[] {
	const longest = Math.min(LONGEST_NAME, Math.max(SHORTEST_NAME, Math.floor(columns / 2) - 8));
	// A code, or a URL without its scheme.
	const ids = slowest.map(({ id }) => printableUrl(id.replace(/^https?:\/\//, '')));
	const names = shortenAll(ids, longest);
	const ages = slowest.map(({ startMs }) => formatWait(atMs - startMs));
	const nameWidth = Math.max(...names.map(({ length }) => length));
	const ageWidth = Math.max(...ages.map(({ length }) => length));

	return slowest.map(({ wait }, index) => {
		const name = `   ${(names[index] ?? '').padEnd(nameWidth)}`;
		const rest = `  ${(ages[index] ?? '').padStart(ageWidth)}  ${reasonFor(wait, ages[index] ?? '', atMs, limits)}`;
		return name + paint.dim(truncateParts(rest, columns - 1 - name.length));
	});
}

/** Drops trailing parts of a text that do not fit. */
function truncateParts(text: string, room: number): string {
	if (text.length <= room) {
		return text;
	}
	const end = Math.max(text.lastIndexOf(', '), text.lastIndexOf(' ('));
	return end === -1 ? text.slice(0, Math.max(0, room)) : truncateParts(text.slice(0, end), room);
}

/**
 * When the last of these waits ends, by itself or by a timeout.
 *
 * @returns `undefined` if one of them makes progress, or its end is unknown.
 */
export function waitsUntil(
	slowest: readonly InFlight[],
	atMs: number,
	limits: WaitLimits,
): number | undefined {
	const ends = slowest.map(({ wait }) => endOf(wait, atMs, limits));
	return ends.length === 0 || ends.includes(undefined)
		? undefined
		: Math.max(...ends.filter((end) => end !== undefined));
}

function endOf(wait: Wait, atMs: number, limits: WaitLimits): number | undefined {
	switch (wait.kind) {
		case 'back_off':
			return wait.untilMs;
		case 'origin':
			return wait.throttle !== undefined && 'untilMs' in wait.throttle
				? wait.throttle.untilMs
				: undefined;
		case 'connection':
			return wait.sinceMs + limits.connectTimeoutMs;
		case 'answer':
			return wait.sinceMs + limits.stallTimeMs;
		case 'body':
			return atMs - wait.lastByteMs < SILENCE_MS ? undefined : wait.lastByteMs + limits.stallTimeMs;
		case 'disk':
			return undefined;
	}
}

function reasonFor(wait: Wait, age: string, atMs: number, limits: WaitLimits): string {
	// Omitted if it equals the age.
	const elapsedText = (sinceMs: number) => {
		const text = formatWait(atMs - sinceMs);
		return text === age ? '' : ` for ${text}`;
	};
	const endMs = endOf(wait, atMs, limits);
	const until = endMs === undefined || endMs <= atMs ? '' : `, until ${timeOfDay(endMs)}`;
	switch (wait.kind) {
		case 'back_off':
			return `next try at ${timeOfDay(wait.untilMs)}, after ${printable(wait.code)}`;
		case 'origin':
			return throttleText(wait.throttle);
		case 'connection':
			return `no connection${elapsedText(wait.sinceMs)}${until}`;
		case 'answer':
			return `no answer${elapsedText(wait.sinceMs)}${until}`;
		case 'body':
			return endMs === undefined
				? `${formatBytes(wait.bytes)} so far`
				: `stalled${elapsedText(wait.lastByteMs)}${until}, ${formatBytes(wait.bytes)} so far`;
		case 'disk':
			return `saving ${formatBytes(wait.bytes)}`;
	}
}

function throttleText(throttle: ThrottleReason | undefined): string {
	switch (throttle?.kind) {
		case 'retry_after':
			return `paused until ${timeOfDay(throttle.untilMs)} (Retry-After)`;
		case 'unreachable':
			return `server out of reach until ${timeOfDay(throttle.untilMs)} at most (${printable(throttle.code)})`;
		case 'pacing':
			return 'waiting its turn (the server limits its rate)';
		case 'rate_limit':
			return 'waiting its turn (--rate)';
		case 'max_per_host':
			return 'waiting its turn (--max-per-host)';
		case undefined:
			return 'waiting its turn';
	}
}

const ESC = '\u001b[';
const CLEAR_BELOW = `${ESC}J`;

/** Draws lines below the cursor, which starts in column 0 and returns there. */
export class LinesBelow {
	readonly #output: Output;
	#drawn = '';

	constructor(output: Output) {
		this.#output = output;
	}

	/** Replaces the lines drawn before. */
	draw(lines: readonly string[]): void {
		const text = lines.map((line) => `\r\n${line}${CLEAR_REST_OF_LINE}`).join('');
		if (text === this.#drawn) {
			return;
		}
		this.#drawn = text;
		// Without lines, the first line below must still be cleared.
		const rows = Math.max(1, lines.length);
		this.#output.write(`${text || '\r\n'}${CLEAR_BELOW}${ESC}${rows}A\r`);
	}

	clear(): void {
		this.#drawn = '';
		this.#output.write(CLEAR_BELOW);
	}
}
