import { describe, expect, it } from 'vitest';
import { outcomeLine, reasonOf } from '../../src/reporters/outcome-lines.ts';
import { NO_PAINT } from '../../src/reporters/output.ts';
import { outcomeOf } from './make-events.ts';

const lineOf = (...args: Parameters<typeof outcomeOf>) => outcomeLine(outcomeOf(...args), NO_PAINT);

describe('a line for an outcome', () => {
	it.each([
		[lineOf('BR'), 'ok         BR  br.gif  5.0 kB  0.10 s'],
		[lineOf('BR', 'ok', { retries: 2 }), 'ok         BR  br.gif  5.0 kB  0.10 s  after 2 retries'],
		[lineOf('BR', 'unchanged'), 'unchanged  BR  br.gif  0.10 s'],
		[lineOf('BR', 'skipped'), 'skipped    BR  br.gif is there already'],
		[
			lineOf('XX', 'not_found'),
			'not found  XX  404 Not Found (http_404), 1 request, 0.10 s  http://127.0.0.1:8000/flags/xx/xx.gif',
		],
	])('is %s', (line, expected) => {
		expect(line).toBe(expected);
	});

	it('names a URL once', () => {
		const url = 'https://example.org/a.gif';
		const line = lineOf(url, 'error', { target: { url }, requests: 4 });

		expect(line).toBe(`error      ${url}  503 Service Unavailable (http_503), 4 requests, 0.10 s`);
	});

	it('lets a terminal obey nothing that came from outside', () => {
		const failure = { code: 'bad', message: '\u001b[2J\u009bm\u202egif\r\n', causes: ['\u0007'] };

		expect(lineOf('BR', 'error', { failure })).not.toMatch(/[\p{Cc}\u202e]/u);
	});

	it('says each cause once, and the code where no cause has it', () => {
		const causes = ['socket hang up', 'read ECONNRESET 1.2.3.4', 'hang up'];

		expect(reasonOf({ code: 'ECONNRESET', message: 'connection lost', causes })).toBe(
			'connection lost: socket hang up: read ECONNRESET 1.2.3.4',
		);
		expect(reasonOf({ code: 'stalled', message: 'silent for 15 s', causes: [] })).toBe(
			'silent for 15 s (stalled)',
		);
	});
});
