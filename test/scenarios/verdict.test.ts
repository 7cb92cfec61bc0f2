import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/scenarios/scenario.ts';
import { isImagePath, verdictOn } from '../../src/scenarios/verdict.ts';

const ended = (at: 'before-headers' | 'after-headers' | { bytes: number }) =>
	(['reset', 'close', 'stall'] as const).map((type): Fault => ({ type, at }));
const malformed = (what: Extract<Fault, { type: 'malformed' }>['what']): Fault => ({
	type: 'malformed',
	what,
});
const substitute = (
	what: Extract<Fault, { type: 'substitute' }>['with'],
	digest = true,
): Fault => ({ type: 'substitute', with: what, digest });
const encoded = (broken: boolean): Fault => ({
	type: 'encoded',
	coding: 'gzip',
	as: 'content',
	broken,
});
const corrupt: Fault = { type: 'corrupt', count: 1, digest: true };
const truncated: Fault = { type: 'truncate', at: { bytes: 1 }, framing: 'chunked', digest: true };

/** `failed: stalled`. */
function verdict(fault: Fault | undefined, file: Parameters<typeof verdictOn>[1]): string {
	const { result, code } = verdictOn(fault, file);
	return code === undefined ? result : `${result}: ${code}`;
}

describe('of an empty file', () => {
	const empty = { isImage: false, bytes: 0 };

	it.each<[string, readonly Fault[]]>([
		['has no body to be cut in', [...ended('after-headers'), ...ended({ bytes: 5 }), truncated]],
		['has no byte to change', [corrupt]],
		['has no length that is too small', [malformed('content-length-too-small')]],
		['has no length that is too large', [malformed('content-length-too-large')]],
		['has no second length', [malformed('content-length-twice')]],
		['has no chunk', [malformed('chunk')]],
		['has nothing behind its end', [malformed('bytes-after-end')]],
		['has no half', [encoded(true)]],
		['is what replaces it', [substitute('empty-200'), substitute('empty-200', false)]],
	])('it %s', (_, faults) => {
		for (const fault of faults) {
			expect(verdict(fault, empty)).toBe('ok');
		}
	});

	it.each<[Fault, string]>([
		[{ type: 'reset', at: 'before-headers' }, 'failed: ECONNRESET'],
		[{ type: 'close', at: 'before-headers' }, 'failed: connection_closed'],
		[{ type: 'stall', at: 'before-headers' }, 'failed: stalled'],
		[{ type: 'status', status: 500 }, 'failed: http_500'],
		[{ type: 'restart', downMs: 1 }, 'failed: connection_closed'],
		[{ type: 'redirect', status: 302 }, 'refused: redirect_loop'],
		[{ type: 'trailing', bytes: 1 }, 'undetectable'],
		[malformed('status-line'), 'failed: bad_http'],
		[malformed('headers-too-large'), 'refused: headers_overflow'],
		[malformed('content-encoding'), 'failed: content_encoding'],
		[substitute('html-200'), 'failed: digest_mismatch'],
		[encoded(false), 'ok'],
		[{ type: 'continue' }, 'ok'],
		[{ type: 'cookie-wall' }, 'ok'],
		[{ type: 'range', with: 'slice-as-200' }, 'ok'],
		[{ type: 'keepalive-race' }, 'ok'],
	])('%j is what it is of another: %s', (fault, expected) => {
		expect(verdict(fault, empty)).toBe(expected);
		expect(verdict(fault, { isImage: false, bytes: 1000 })).toBe(expected);
	});

	it('the truth is refused where it is to be an image', () => {
		expect(verdict(undefined, { isImage: true, bytes: 0 })).toBe('failed: empty_body');
		expect(verdict({ type: 'trailing', bytes: 1 }, { isImage: true, bytes: 0 })).toBe(
			'failed: empty_body',
		);
		expect(verdict(undefined, { isImage: true, bytes: 1 })).toBe('ok');
		expect(verdict({ type: 'status', status: 404 }, { isImage: true, bytes: 0 })).toBe(
			'not_found: http_404',
		);
	});
});

describe('of a file of some length', () => {
	const cut = (digest: boolean, fraction: number): Fault => ({
		type: 'truncate',
		at: { fraction },
		framing: 'close-delimited',
		digest,
	});

	it.each<[Fault, Parameters<typeof verdictOn>[1], string]>([
		[cut(true, 0), { isImage: false, bytes: 100 }, 'failed: empty_body'],
		[cut(false, 0.001), { isImage: false, bytes: 100 }, 'failed: empty_body'],
		[cut(false, 0.01), { isImage: false, bytes: 100 }, 'undetectable'],
		[cut(true, 0.01), { isImage: false, bytes: 100 }, 'failed: digest_mismatch'],
		[cut(false, 0), { isImage: false }, 'undetectable'],
		[cut(false, 0), { isImage: true, bytes: 100 }, 'failed: truncated'],
		[truncated, { isImage: false, bytes: 100 }, 'failed: truncated'],
		[malformed('content-length-too-small'), { isImage: false }, 'failed: digest_mismatch'],
		[malformed('bytes-after-end'), { isImage: true }, 'ok'],
		[substitute('html-200'), { isImage: false }, 'failed: digest_mismatch'],
		[substitute('html-200', false), { isImage: false }, 'undetectable'],
		[substitute('other-file'), { isImage: true, hasOther: false }, 'ok'],
		[substitute('other-file', false), { isImage: true, hasOther: true }, 'undetectable'],
		[{ type: 'range', with: 'other-version' }, { isImage: true }, 'ok'],
		[{ type: 'trailing', bytes: 1 }, { isImage: true }, 'undetectable'],
	])('%j of %j: %s', (fault, file, expected) => {
		expect(verdict(fault, file)).toBe(expected);
	});

	it.each([408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524])(
		'%i is worth another attempt',
		(status) => {
			expect(verdict({ type: 'status', status }, { isImage: true })).toBe(`failed: http_${status}`);
		},
	);

	it.each([400, 401, 410, 505, 519, 525])('%i is final', (status) => {
		expect(verdict({ type: 'status', status }, { isImage: true })).toBe(`refused: http_${status}`);
	});
});

it.each([
	['/a.gif', true],
	['/a.PNG', true],
	['/a.jpg', true],
	['/a.jpeg', true],
	['/a.webp', true],
	['/a.svg', true],
	['/a.gif.txt', false],
	['/agif', false],
	['/a.gif/', false],
	['/a.json', false],
])('the path %s is that of an image: %s', (path, isImage) => {
	expect(isImagePath(path)).toBe(isImage);
});
