import { describe, expect, it } from 'vitest';
import { refusedByParser } from '../../../src/download/connection/refused-by-parser.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nX: y\r\n';
const bytes = (text: string) => Buffer.from(text, 'latin1');
const fields = (...texts: string[]) => texts.map(bytes);

/** The text is refused at the first `^`, which is removed. */
function refusedAt(reason: string, marked: string, ...named: string[]) {
	const position = marked.indexOf('^');
	const chunk = bytes(marked.replace('^', ''));
	return refusedByParser(reason, chunk, position, fields(...named));
}

describe('what the parser does not take', () => {
	it.each<[reason: string, marked: string, message: string]>([
		[
			'Expected LF after chunk size',
			`4x\r^\ndata\r\n`,
			'a chunk size on a line that does not end with CR LF in "4x" (RFC 9112, section 7.1)',
		],
		[
			'Invalid character in chunk size',
			'^g\r\ndata',
			'Invalid character in chunk size in "g" (RFC 9112, section 7.1)',
		],
		[
			'Invalid character in Content-Length',
			`${HEAD}Content-Length: 3^x\r\n\r\n`,
			'Invalid character in Content-Length in "Content-Length: 3x" (RFC 9112, section 6.2)',
		],
		[
			'Transfer-Encoding twice',
			`${HEAD}Transfer-Encoding: ^x\r\n`,
			'Transfer-Encoding twice in "Transfer-Encoding: x" (RFC 9112, section 6.1)',
		],
		[
			'Missing expected LF after status line',
			`HTTP/1.1 200 OK^\r`,
			'Missing expected LF after status line in "HTTP/1.1 200 OK" (RFC 9112, section 2.2)',
		],
		[
			'Invalid header token',
			`${HEAD}A^(b): c\r\n\r\n`,
			'Invalid header token in "A(b): c" (RFC 9112, section 5)',
		],
		['Expected HTTP/', '^SSH-2.0\r\n', 'Expected HTTP/ in "SSH-2.0" (RFC 9112, section 4)'],
		// A message shows the whole line, without those before and after it.
		[
			'Invalid header token',
			`${HEAD}^A(b): c`,
			'Invalid header token in "A(b): c" (RFC 9112, section 5)',
		],
		// The parser stops after the line that it refuses.
		[
			'Empty Content-Length',
			'Content-Length: \n^X: y',
			'Empty Content-Length in "Content-Length: " (RFC 9112, section 6.2)',
		],
		['Empty Content-Length', '^X: y\r\n', 'Empty Content-Length in "X: y" (RFC 9112, section 6.2)'],
		['Not Empty, a header', 'A: \n^X: y\n', 'Not Empty, a header in "X: y" (RFC 9112, section 5)'],
	])('is told with its line and the section: %s', (reason, marked, message) => {
		expect(refusedAt(reason, marked)).toMatchObject({
			...{ code: 'bad_http', message: `not HTTP: ${message}` },
		});
	});

	it('is shown as far as 100 bytes, of which the message has what fits', () => {
		const { message } = refusedAt('Invalid header token', `${'x'.repeat(40)}^${'y'.repeat(200)}`);

		expect(message).toContain(`"${'x'.repeat(40)}${'y'.repeat(39)}…"`);
	});

	it.each<[reason: string, marked: string, named: string[], found: string]>([
		[
			"Content-Length can't be present with chunked encoding",
			'Content-Length: 5^\r\n\r\n',
			['Transfer-Encoding', 'chunked', 'Content-Length', '5'],
			'"Transfer-Encoding: chunked" and "Content-Length: 5"',
		],
		[
			"Transfer-Encoding can't be present with Content-Length",
			'Transfer-Encoding^: chunked\r\n',
			['content-length', '5', 'X', 'y', 'Transfer-Encoding'],
			'"content-length: 5" and "Transfer-Encoding: chunked"',
		],
		[
			'Duplicate Content-Length',
			'Content-Length: 6^\r\n',
			[
				'Content-Length',
				'5',
				'X-Content-Length',
				'7',
				'Content-Length-X',
				'8',
				'Content-Length',
				'6',
			],
			'"Content-Length: 5" and "Content-Length: 6"',
		],
		[
			'Invalid character in Content-Length',
			'Content-Length: 5^, 5\r\n',
			['Content-Length', '5'],
			'"Content-Length: 5, 5"',
		],
	])('as the end is not clear is told with the fields: %s', (reason, marked, named, found) => {
		expect(refusedAt(reason, marked, ...named)).toMatchObject({
			code: 'ambiguous_framing',
			message: `not clear where the content ends: ${found} (RFC 9112, section 6.3)`,
		});
	});
});
