import type { ThrottleReason } from '../download/origin/limiter.ts';
import type { InFlight, Wait } from '../download/progress.ts';
import { printable } from '../util/text.ts';
import { formatBytes, formatWait } from '../util/units.ts';
import type { Output, Paint } from './output.ts';

/** Silence within a body that is worth a word. */
const SILENCE_MS = 2000;
const SHORTEST_NAME = 8;
const LONGEST_NAME = 32;

/**
 * What takes long, a line each: `US  6 s  backing off until 14:03:05, after http_503`.
 *
 * @param columns - Of the terminal; every line is narrower.
 */
export function waitLines(
	slowest: readonly InFlight[],
	columns: number,
	paint: Paint,
	atMs: number,
): readonly string[] {
	const longest = Math.min(LONGEST_NAME, Math.max(SHORTEST_NAME, Math.floor(columns / 2) - 4));
	const names = slowest.map((target) => nameOf(target, longest));
	const ages = slowest.map(({ startMs }) => formatWait(atMs - startMs));
	const nameWidth = Math.max(...names.map(({ length }) => length));
	const ageWidth = Math.max(...ages.map(({ length }) => length));

	return slowest.map(({ wait }, index) => {
		const name = `   ${(names[index] ?? '').padEnd(nameWidth)}`;
		const rest = `  ${(ages[index] ?? '').padStart(ageWidth)}  ${reasonFor(wait, atMs)}`;
		return name + paint.dim(rest.slice(0, Math.max(0, columns - 1 - name.length)));
	});
}

/** A code, or the end of a URL, which tells it from its neighbours. */
function nameOf({ id }: InFlight, longest: number): string {
	const name = printable(id.replace(/^https?:\/\//, ''));
	return name.length > longest ? `…${name.slice(name.length - longest + 1)}` : name;
}

function reasonFor(wait: Wait, atMs: number): string {
	switch (wait.kind) {
		case 'back_off':
			return `backing off until ${timeOfDay(wait.untilMs)}, after ${printable(wait.code)}`;
		case 'origin':
			return throttleText(wait.throttle);
		case 'connection':
			return `no connection for ${formatWait(atMs - wait.sinceMs)}`;
		case 'answer':
			return `no answer for ${formatWait(atMs - wait.sinceMs)}`;
		case 'body': {
			const silentMs = atMs - wait.lastByteMs;
			const silence = silentMs < SILENCE_MS ? '' : `stalled: no byte for ${formatWait(silentMs)}, `;
			return `${silence}${formatBytes(wait.bytes)} so far`;
		}
		case 'disk':
			return `saving ${formatBytes(wait.bytes)}`;
	}
}

function throttleText(throttle: ThrottleReason | undefined): string {
	switch (throttle?.kind) {
		case 'retry_after':
			return `origin paused until ${timeOfDay(throttle.untilMs)}`;
		case 'unreachable':
			return `origin out of reach (${printable(throttle.code)}), given up at ${timeOfDay(throttle.untilMs)}`;
		case 'pacing':
			return 'waiting its turn: origin paced';
		case 'rate_limit':
			return 'waiting its turn (--rate)';
		case 'max_per_host':
			return 'waiting its turn (--max-per-host)';
		case undefined:
			return 'waiting its turn';
	}
}

/** Local time: `14:03:05`. */
function timeOfDay(ms: number): string {
	return new Date(ms).toTimeString().slice(0, 8);
}

const ESC = '\u001b[';
const CLEAR_REST_OF_LINE = `${ESC}K`;
const CLEAR_BELOW = `${ESC}J`;

/** Lines below the one that the cursor is in, at its beginning; it is there again afterwards. */
export interface LinesBelow {
	/** Replaces the lines that were drawn before. */
	draw(lines: readonly string[]): void;
}

export function linesBelow(output: Output): LinesBelow {
	let drawn = '';
	return {
		draw(lines) {
			const text = lines.map((line) => `\r\n${line}${CLEAR_REST_OF_LINE}`).join('');
			if (text === drawn) {
				return;
			}
			drawn = text;
			// With none left the first line below is still to be cleared, and not the one above it.
			const rows = Math.max(1, lines.length);
			output.write(`${text || '\r\n'}${CLEAR_BELOW}${ESC}${rows}A\r`);
		},
	};
}
