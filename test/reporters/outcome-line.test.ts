import { describe, expect, it } from 'vitest';
import { outcomeLine, reasonOf } from '../../src/reporters/outcome-lines.ts';
import { NO_PAINT } from '../../src/reporters/output.ts';
import { outcomeOf } from './make-events.ts';

const lineOf = (...args: Parameters<typeof outcomeOf>) => outcomeLine(outcomeOf(...args), NO_PAINT);

describe('a line for an outcome', () => {
	it.each([
		[lineOf('BR'), 'ok         5.0 kB  0.10 s  BR  br.gif'],
		[lineOf('BR', 'ok', { retries: 2 }), 'ok         5.0 kB  0.10 s  BR  br.gif  after 2 retries'],
		[lineOf('BR', 'unchanged'), 'unchanged          0.10 s  BR  br.gif'],
		[lineOf('BR', 'skipped'), 'skipped                    BR  br.gif  already there'],
		[
			lineOf('XX', 'not_found'),
			'not found          0.10 s  XX  404 Not Found, 1 request  http://127.0.0.1:8000/flags/xx/xx.gif',
		],
	])('is %s', (line, expected) => {
		expect(line).toBe(expected);
	});

	it('names a URL once', () => {
		const url = 'https://example.org/a.gif';
		const line = lineOf(url, 'error', { target: { url }, requests: 4 });

		expect(line).toBe(`error              0.10 s  ${url}  503 Service Unavailable, 4 requests`);
	});

	it('lets a terminal obey nothing that came from outside', () => {
		const failure = { code: 'bad', message: '\u001b[2J\u009bm\u202egif\r\n', causes: ['\u0007'] };

		expect(lineOf('BR', 'error', { failure })).not.toMatch(/[\p{Cc}\u202e]/u);
	});

	it('says each cause once, and the code if nothing else has it', () => {
		const causes = ['socket hang up', 'read ECONNRESET 1.2.3.4', 'hang up'];

		expect(reasonOf({ code: 'ECONNRESET', message: 'connection lost', causes })).toBe(
			'connection lost: socket hang up (ECONNRESET)',
		);
		expect(reasonOf({ code: 'stalled', message: 'silent for 15 s', causes: [] })).toBe(
			'silent for 15 s (stalled)',
		);
	});

	it.each([
		[
			'ECONNREFUSED',
			'connection refused by h:1',
			'connect ECONNREFUSED 1.2.3.4:1',
			'connection refused by h:1 (ECONNREFUSED)',
		],
		[
			'CERT_HAS_EXPIRED',
			'the certificate of h has expired',
			'certificate has expired',
			'the certificate of h has expired (CERT_HAS_EXPIRED)',
		],
		['http_503', '503 Service Unavailable', '', '503 Service Unavailable'],
	])('says of %s once what it means', (code, message, cause, expected) => {
		expect(reasonOf({ code, message, causes: cause === '' ? [] : [cause] })).toBe(expected);
	});
});
