import { Terminal } from '@xterm/headless';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { InFlight, Wait } from '../../src/download/progress.ts';
import { NO_PAINT } from '../../src/reporters/output.ts';
import { LinesBelow, waitLines } from '../../src/reporters/wait-lines.ts';

/** In local time, like the displayed clock. */
const NOW_MS = new Date(2026, 10, 23, 14, 3, 5, 400).getTime();
const origin = 'http://h';
const LIMITS = { stallTimeMs: 100_000, connectTimeoutMs: 10_000 };

function inFlight(id: string, ageMs: number, wait: Wait): InFlight {
	return { id, url: `http://h/${id}`, index: 0, startMs: NOW_MS - ageMs, wait };
}

function linesOf(slowest: readonly InFlight[], columns = 80): readonly string[] {
	return waitLines(slowest, columns, NO_PAINT, NOW_MS, LIMITS);
}

describe('a line about what takes long', () => {
	it.each<readonly [Wait, string]>([
		[
			{ kind: 'back_off', untilMs: NOW_MS + 2700, code: 'http_500' },
			'next try at 14:03:08, after http_500',
		],
		[
			{ kind: 'origin', origin, throttle: { kind: 'retry_after', untilMs: NOW_MS + 55_000 } },
			'paused until 14:04:00 (Retry-After)',
		],
		[
			{ kind: 'origin', origin, throttle: { kind: 'pacing' } },
			'waiting its turn (the server limits its rate)',
		],
		[{ kind: 'origin', origin, throttle: { kind: 'rate_limit' } }, 'waiting its turn (--rate)'],
		[
			{ kind: 'origin', origin, throttle: { kind: 'max_per_host' } },
			'waiting its turn (--max-per-host)',
		],
		[{ kind: 'origin', origin }, 'waiting its turn'],
		[{ kind: 'connection', sinceMs: NOW_MS - 3900 }, 'no connection for 3 s, until 14:03:11'],
		[{ kind: 'answer', sinceMs: NOW_MS - 65_000 }, 'no answer for 1 min 5 s, until 14:03:40'],
		[{ kind: 'body', bytes: 12_000, lastByteMs: NOW_MS - 1900 }, '12 kB so far'],
		[
			{ kind: 'body', bytes: 12_000, lastByteMs: NOW_MS - 2000 },
			'stalled for 2 s, until 14:04:43, 12 kB so far',
		],
		[{ kind: 'disk', bytes: 42 }, 'saving 42 B'],
	])('says of %o: %s', (wait, text) => {
		expect(linesOf([inFlight('US', 6999, wait)])).toEqual([`   US  6 s  ${text}`]);
	});

	it('stands in columns with its neighbours', () => {
		const wait: Wait = { kind: 'disk', bytes: 1 };

		expect(
			linesOf([
				inFlight('https://h/a/long/name.gif', 70_000, wait),
				inFlight('http://h/b.gif', 6000, wait),
			]),
		).toEqual([
			'   h/a/long/name.gif  1 min 10 s  saving 1 B',
			'   h/b.gif                   6 s  saving 1 B',
		]);
	});

	it.each([80, 40, 20, 9, 1])('is narrower than %d columns', (columns) => {
		const wait: Wait = { kind: 'back_off', untilMs: NOW_MS, code: 'UNABLE_TO_GET_ISSUER_CERT' };
		const [line = ''] = linesOf([inFlight(`http://h/${'a'.repeat(300)}.gif`, 6000, wait)], columns);

		expect(line.length).toBeLessThan(Math.max(columns, 12));
		expect(line.trimEnd()).toContain(columns < 20 ? '…' : '.gif');
	});

	it('keeps to itself what a terminal would obey', () => {
		const wait: Wait = { kind: 'back_off', untilMs: NOW_MS, code: '\u001b[2J' };

		expect(linesOf([inFlight('a\u001b[2Jb', 6000, wait)]).join('')).not.toContain('\u001b');
	});
});

describe('lines below another', () => {
	it('come and go, and the one above stays, at the bottom of the screen, too', async () => {
		const terminal = new Terminal({ cols: 20, rows: 4, allowProposedApi: true });
		onTestFinished(() => terminal.dispose());
		const write = async (text: string) => {
			await new Promise<void>((resolve) => {
				terminal.write(text, resolve);
			});
		};
		let written = '';
		const below = new LinesBelow({
			write(text) {
				written += text;
				terminal.write(text);
			},
		});
		const screen = async () => {
			await write('');
			const { active } = terminal.buffer;
			const rows = Array.from({ length: active.length }, (_, row) =>
				(active.getLine(row)?.translateToString(true) ?? '').trimEnd(),
			);
			return rows.slice(0, rows.findLastIndex((row) => row !== '') + 1);
		};
		const cursorRow = () => terminal.buffer.active.baseY + terminal.buffer.active.cursorY;

		await write('1\r\n2\r\n3\r\nthe bar\r');
		below.draw([]);
		expect(written).toBe('');

		for (const lines of [['a', 'b', 'c'], ['dddd'], ['e', 'f'], []]) {
			below.draw(lines);
			expect(await screen()).toEqual(['1', '2', '3', 'the bar', ...lines]);
			expect([cursorRow(), terminal.buffer.active.cursorX]).toEqual([3, 0]);
		}

		const before = written;
		below.draw([]);
		expect(written).toBe(before);
	});
});
