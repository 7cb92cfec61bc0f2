import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { bytesOf, chunked } from './raw-origin.ts';

/** An unusual response of a server. */
export interface OddAnswer {
	/** Sent at once; then the connection stays open, unless `then` ends it. */
	readonly bytes: Buffer;
	/** Then sent repeatedly, as long as the client reads. */
	readonly endlessly?: Buffer;
	readonly then?: 'close' | 'reset';
	/** Code of the failure, or `ok` if the content is that of `CONTENT`. */
	readonly code: string;
	/** The content, if it is not `CONTENT`. */
	readonly content?: Buffer;
}

export const CONTENT: Buffer = Buffer.from('hello world\n');

const OK = 'HTTP/1.1 200 OK';
const LENGTH = `Content-Length: ${CONTENT.length}`;
const CHUNKED = 'Transfer-Encoding: chunked';
const CLOSE = 'Connection: close';
const GZIPPED = gzipSync(CONTENT);
const GOOD = bytesOf([OK, LENGTH], CONTENT);
const MANY = Buffer.alloc(200_000, 'x');

/** The connection stays open after these bytes. */
const sends = (code: string, ...bytes: (Buffer | string)[]): OddAnswer => ({
	bytes: Buffer.concat(bytes.map((piece) => Buffer.from(piece))),
	code,
});
const sendsHead = (code: string, ...lines: string[]) => sends(code, bytesOf(lines, CONTENT));
const sendsChunks = (code: string, ...lines: string[]) =>
	sends(code, bytesOf(lines, chunked(CONTENT, 5)));
const latin1 = (text: string) => Buffer.from(text, 'latin1');

const STATUS_LINES: Record<string, OddAnswer> = {
	'101 without an upgrade': sends('bad_http', bytesOf(['HTTP/1.1 101 X'])),
	'101 with a length': sendsHead('bad_http', 'HTTP/1.1 101 X', LENGTH),
	'101 with an upgrade': sends(
		'bad_http',
		bytesOf(['HTTP/1.1 101 X', 'Upgrade: h2c', 'Connection: Upgrade']),
	),
	'101 with Upgrade alone': sends('bad_http', bytesOf(['HTTP/1.1 101 X', 'Upgrade: foo'])),
	'101 with Connection alone': sends(
		'bad_http',
		bytesOf(['HTTP/1.1 101 X', 'Connection: upgrade']),
	),
	'101 before the answer': sends('bad_http', bytesOf(['HTTP/1.1 101 X']), GOOD),
	'101 of HTTP/1.0': sends('bad_http', bytesOf(['HTTP/1.0 101 X'])),
	'status 000': sendsHead('bad_http', 'HTTP/1.1 000 X', LENGTH),
	'status 001 without content': sends('bad_http', bytesOf(['HTTP/1.1 001 X'])),
	'status 042 in chunks': sendsChunks('bad_http', 'HTTP/1.1 042 X', CHUNKED),
	'status 099 that ends with its connection': {
		...sendsHead('bad_http', 'HTTP/1.1 099 X', CLOSE),
		then: 'close',
	},
	'status 100 that was not asked for': sends('ok', bytesOf(['HTTP/1.1 100 X']), GOOD),
	'status 100 three times, with fields': sends(
		'ok',
		bytesOf(['HTTP/1.1 100 Continue', 'X: y']).toString().repeat(3),
		GOOD,
	),
	'status 100 without end': { ...sends('bad_http'), endlessly: bytesOf(['HTTP/1.1 100 X']) },
	'a few interim answers': sends(
		'ok',
		bytesOf(['HTTP/1.1 102 X', 'Content-Length: 5']),
		bytesOf(['HTTP/1.1 103 X', 'Transfer-Encoding: gzip']),
		bytesOf(['HTTP/1.1 199 X']),
		GOOD,
	),
	'an interim answer that announces a close': sends(
		'ok',
		bytesOf(['HTTP/1.1 103 X', CLOSE]),
		bytesOf(['HTTP/1.0 100 X']),
		GOOD,
	),
	'10,000 interim answers': sends(
		'bad_http',
		bytesOf(['HTTP/1.1 103 X']).toString().repeat(10_000),
	),
	'interim answers without end': {
		...sends('bad_http'),
		endlessly: bytesOf(['HTTP/1.1 102 X', 'Link: </a>']),
	},
	'status 600': sendsHead('http_600', 'HTTP/1.1 600 X', LENGTH),
	'status 999': sendsHead('http_999', 'HTTP/1.1 999 X', LENGTH),
	'a status of two digits': sendsHead('bad_http', 'HTTP/1.1 99 X', LENGTH),
	'a status of four digits': sendsHead('bad_http', 'HTTP/1.1 2000 X', LENGTH),
	'a status of letters': sendsHead('bad_http', 'HTTP/1.1 abc X', LENGTH),
	'a negative status': sendsHead('bad_http', 'HTTP/1.1 -20 X', LENGTH),
	'no status': sendsHead('bad_http', 'HTTP/1.1', LENGTH),
	'two spaces before the status': sendsHead('bad_http', 'HTTP/1.1  200 OK', LENGTH),
	'no space before the status': sendsHead('bad_http', 'HTTP/1.1200 OK', LENGTH),
	'version 9.9': sendsHead('bad_http', 'HTTP/9.9 200 OK', LENGTH),
	'version 2': sendsHead('bad_http', 'HTTP/2 200 OK', LENGTH),
	'another protocol': sendsHead('bad_http', 'ICY 200 OK', LENGTH),
	'a protocol in lower case': sendsHead('bad_http', 'http/1.1 200 OK', LENGTH),
	'a reason of 200 kB': sends('ok', `${OK}${MANY.toString()}\r\n${LENGTH}\r\n\r\n`, CONTENT),
	'a reason with a NUL': sends('ok', `${OK}\0\r\n${LENGTH}\r\n\r\n`, CONTENT),
	'a reason without end': { ...sends('stalled', OK), endlessly: MANY },
};

const HEADERS: Record<string, OddAnswer> = {
	'a field of 250 kB': sendsHead('ok', OK, LENGTH, `X: ${'v'.repeat(250_000)}`),
	'a field of 300 kB': sendsHead('headers_overflow', OK, LENGTH, `X: ${'v'.repeat(300_000)}`),
	'a name of 20 kB': sendsHead('ok', OK, LENGTH, `${'X'.repeat(20_000)}: v`),
	'a name of 300 kB': sendsHead('headers_overflow', OK, LENGTH, `${'X'.repeat(300_000)}: v`),
	'5,000 fields': sendsHead('ok', OK, LENGTH, ...Array<string>(5000).fill('a: b')),
	'10,000 fields': sendsHead('headers_overflow', OK, LENGTH, ...Array<string>(10_000).fill('a: b')),
	'fields without end': {
		...sends('headers_overflow', `${OK}\r\n`),
		endlessly: latin1('a: b\r\n'),
	},
	'a value without end': { ...sends('headers_overflow', `${OK}\r\nX: `), endlessly: MANY },
	'a name without end': { ...sends('headers_overflow', `${OK}\r\n`), endlessly: MANY },
	'a NUL after a length': sendsHead('bad_http', OK, LENGTH, 'X: a\0b'),
	'a NUL in a value': sendsHead('bad_http', OK, CLOSE, 'X: a\0b'),
	'a NUL in a name': sendsHead('bad_http', OK, CLOSE, 'X\0: a'),
	'lines without CR': sends('ok', `${OK}\n${LENGTH}\n\n`, CONTENT),
	'lines of which some have no CR': sends('ok', `${OK}\r\n${LENGTH}\nX: y\r\n\n`, CONTENT),
	'lines without CR, and fields without value': sends('ok', `${OK}\nX:\n${LENGTH}\n\n`, CONTENT),
	'lines without LF': sends('bad_http', `${OK}\r${LENGTH}\r\r`, CONTENT),
	'a field on two lines': sendsHead('ok', OK, LENGTH, 'X: a', ' b'),
	'a field on three lines, the first empty': sendsHead('ok', OK, 'X:', '\tb', ' c', LENGTH),
	'a field on two lines, without CR': sends('ok', `${OK}\nX: a\n b\n${LENGTH}\n\n`, CONTENT),
	'a length on two lines': sendsHead('ok', OK, 'Content-Length:', ` ${CONTENT.length}`),
	'a tab after values': sendsHead('ok', OK, LENGTH, 'Content-Encoding: identity\t', 'ETag: "a"\t'),
	'a control character in a value': sendsHead('ok', OK, LENGTH, 'X: a\x01b'),
	'a CR in a value': sendsHead('bad_http', OK, LENGTH, 'X: a\rb'),
	'a length with a tab': sendsHead('ok', OK, `${LENGTH}\t`),
	'a space before the colon': sendsHead('bad_http', OK, LENGTH.replace(':', ' :')),
	'a line without colon': sendsHead('bad_http', OK, CLOSE, 'X'),
	'a field without name': sendsHead('bad_http', OK, CLOSE, ': a'),
	'bytes beyond ASCII in a name': sends('bad_http', latin1(`${OK}\r\nX\xe9: a\r\n\r\n`)),
	'a negative length': sendsHead('bad_http', OK, 'Content-Length: -1'),
	'a length of letters': sendsHead('bad_http', OK, 'Content-Length: abc'),
	'a length with a sign': sendsHead('bad_http', OK, 'Content-Length: +12'),
	'a length beyond all': sendsHead('bad_http', OK, `Content-Length: ${'9'.repeat(40)}`),
	'a list of lengths': sendsHead('ambiguous_framing', OK, 'Content-Length: 12, 12'),
	'two lengths': sendsHead('ambiguous_framing', OK, LENGTH, 'Content-Length: 5'),
	'the same length twice': sendsHead('ambiguous_framing', OK, LENGTH, LENGTH),
	'chunks and a length': sendsChunks('ambiguous_framing', OK, CHUNKED, LENGTH),
	'a length and chunks': sendsChunks('ambiguous_framing', OK, LENGTH, CHUNKED),
	'an encoding of 8 kB': sendsHead(
		'content_encoding',
		OK,
		LENGTH,
		`Content-Encoding: gzip, ${'\x9f\xad'.repeat(4000)}`,
	),
	'a range of 8 kB': sendsHead(
		'bad_range',
		'HTTP/1.1 206 X',
		LENGTH,
		`Content-Range: ${'\x85'.repeat(8000)}`,
	),
	'a digest of 15 kB': sendsHead('ok', OK, LENGTH, `Repr-Digest: ${'sha-256=:,'.repeat(1500)}`),
	'a redirect to nowhere': sendsHead('bad_redirect', 'HTTP/1.1 302 X', LENGTH),
	'a redirect to 8 kB of nonsense': sendsHead(
		'bad_redirect',
		'HTTP/1.1 302 X',
		LENGTH,
		`Location: http://[${'\x9b\xad'.repeat(4000)}`,
	),
};

const TRANSFER_CODINGS: Record<string, OddAnswer> = {
	'gzip, chunked': sends(
		'ok',
		bytesOf([OK, 'Transfer-Encoding: gzip, chunked'], chunked(GZIPPED, 7)),
	),
	'gzip, then chunked in a field of its own': sends(
		'ok',
		bytesOf([OK, 'Transfer-Encoding: gzip', CHUNKED], chunked(GZIPPED, 7)),
	),
	gzip: {
		...sends('ok', bytesOf([OK, 'Transfer-Encoding: gzip'], GZIPPED)),
		then: 'close',
	},
	'gzip of HTTP/1.0': {
		...sends('ok', bytesOf(['HTTP/1.0 200 OK', 'Transfer-Encoding: gzip'], GZIPPED)),
		then: 'close',
	},
	deflate: sendsHead('content_encoding', OK, 'Transfer-Encoding: deflate'),
	foo: { ...sendsHead('transfer_coding', OK, 'Transfer-Encoding: foo'), then: 'close' },
	'foo, chunked': sendsChunks('transfer_coding', OK, 'Transfer-Encoding: foo, chunked'),
	identity: { ...sendsHead('ok', OK, 'Transfer-Encoding: identity'), then: 'close' },
	'chunked, identity': sendsChunks('transfer_coding', OK, 'Transfer-Encoding: chunked, identity'),
	'chunked, gzip': sendsChunks('transfer_coding', OK, 'Transfer-Encoding: chunked, gzip'),
	'chunked twice': sendsChunks('transfer_coding', OK, 'Transfer-Encoding: chunked, chunked'),
	'chunked in two fields': sendsChunks('transfer_coding', OK, CHUNKED, CHUNKED),
	'chunked with a parameter': sendsChunks('transfer_coding', OK, 'Transfer-Encoding: chunked;q=1'),
	'chunked in quotes': sendsChunks('transfer_coding', OK, 'Transfer-Encoding: "chunked"'),
	'chunked with a comma': sendsChunks('transfer_coding', OK, 'Transfer-Encoding: chunked,'),
	'chunked with a tab': sendsChunks('ok', OK, 'Transfer-Encoding: chunked\t'),
	'chunked with an empty line that belongs to it': sendsChunks(
		'transfer_coding',
		OK,
		'Transfer-Encoding: chunked',
		' ',
	),
	'gzip, chunked with an empty line that belongs to it': sends(
		'transfer_coding',
		bytesOf([OK, 'Transfer-Encoding: gzip, chunked', ' '], chunked(GZIPPED, 7)),
	),
	'chunked on a line of its own': sendsChunks('ok', OK, 'Transfer-Encoding:', ' chunked'),
	'chunked with a space of Latin-1': sends(
		'transfer_coding',
		bytesOf([OK, 'Transfer-Encoding: chunked\xa0'], chunked(CONTENT, 5)),
	),
	xchunked: sendsChunks('transfer_coding', OK, 'Transfer-Encoding: xchunked'),
	'an empty one': { ...sendsHead('ok', OK, 'Transfer-Encoding:'), then: 'close' },
	'one of 8 kB': sendsHead('transfer_coding', OK, `Transfer-Encoding: ${'\x9f'.repeat(8000)}`),
	'chunked in capitals': sendsChunks('ok', OK, 'Transfer-Encoding: ChunKED'),
	'chunked with spaces': sendsChunks('ok', OK, 'Transfer-Encoding:   chunked  '),
	'chunked of HTTP/1.0': sendsChunks('ok', 'HTTP/1.0 200 OK', CHUNKED),
	'gzip on an error': sendsHead('http_403', 'HTTP/1.1 403 No', 'Transfer-Encoding: gzip', CLOSE),
};

const CHUNKS: Record<string, OddAnswer> = {
	'a size of letters': sends('bad_http', bytesOf([OK, CHUNKED], 'zz\r\nhello')),
	'a negative size': sends('bad_http', bytesOf([OK, CHUNKED], '-5\r\nhello')),
	'a size beyond all': sends('bad_http', bytesOf([OK, CHUNKED], `${'f'.repeat(20)}\r\nhello`)),
	'a chunk longer than its size': sends('bad_http', bytesOf([OK, CHUNKED], '5\r\nhello world')),
	'sizes with spaces behind them': sends(
		'ok',
		bytesOf([OK, CHUNKED], 'c   \r\nhello world\n\r\n0 \t\r\n\r\n'),
	),
	'extensions with spaces': sends(
		'ok',
		bytesOf([OK, CHUNKED], 'c ; a = "b ; c" \r\nhello world\n\r\n0;\ta\r\n\r\n'),
	),
	'an extension with a CR': sends('bad_http', bytesOf([OK, CHUNKED], 'c;a\rb\r\nhello world\n')),
	'no semicolon before an extension': sends('bad_http', bytesOf([OK, CHUNKED], 'c a\r\nhello')),
	'an extension without CR': sends(
		'ok',
		bytesOf([OK, CHUNKED], 'c;a=b\nhello world\n\r\n0;a=b\n\r\n'),
	),
	'a trailer on two lines': sends(
		'ok',
		bytesOf([OK, CHUNKED], 'c\r\nhello world\n\r\n0\r\nX: a\r\n b\r\n\r\n'),
	),
	'sizes on lines without CR': sends('ok', bytesOf([OK, CHUNKED], '5\nhello\n7 \n world\n\n0\n\n')),
	'no last chunk': {
		...sends('truncated', bytesOf([OK, CHUNKED, CLOSE], '5\r\nhello\r\n')),
		then: 'close',
	},
	'no last chunk, on a connection that was to stay': {
		...sends('truncated', bytesOf([OK, CHUNKED], '5\r\nhello\r\n')),
		then: 'close',
	},
	'an extension without end': {
		...sends('stalled', bytesOf([OK, CHUNKED], '5;a=')),
		endlessly: MANY,
	},
	'trailers without end': {
		...sends('headers_overflow', bytesOf([OK, CHUNKED], 'c\r\nhello world\n\r\n0\r\n')),
		endlessly: latin1('a: b\r\n'),
	},
	'a trailer with a NUL': sends(
		'bad_http',
		bytesOf([OK, CHUNKED], 'c\r\nhello world\n\r\n0\r\nX: \0\r\n\r\n'),
	),
	'200,000 chunks of one byte': {
		...sends('ok', bytesOf([OK, CHUNKED], chunked(MANY, 1))),
		content: MANY,
	},
};

const CONTENTS: Record<string, OddAnswer> = {
	'204 with content': sendsHead('empty_body', 'HTTP/1.1 204 X', LENGTH),
	'205 with content': sendsHead('empty_body', 'HTTP/1.1 205 X', LENGTH),
	'304 that was not asked for, with content': sendsHead('http_304', 'HTTP/1.1 304 X', LENGTH),
	'416 that was not asked for': sendsHead('http_416', 'HTTP/1.1 416 X', LENGTH),
	'less than its length': {
		...sends('truncated', bytesOf([OK, 'Content-Length: 20'], CONTENT)),
		then: 'close',
	},
	'more than its length': {
		...sends('ok', bytesOf([OK, 'Content-Length: 5'], CONTENT)),
		content: CONTENT.subarray(0, 5),
	},
	'a reset within its length': {
		...sends('ECONNRESET', bytesOf([OK, 'Content-Length: 20', CLOSE], CONTENT)),
		then: 'reset',
	},
	'a reset where only the end of the connection ends it': {
		...sendsHead('ECONNRESET', OK, CLOSE),
		then: 'reset',
	},
	'two answers to one request': sends('ok', GOOD, GOOD),
	'an answer and then nonsense': sends('ok', GOOD, MANY),
};

const NO_HTTP: Record<string, OddAnswer> = {
	'nothing, and the end': { ...sends('connection_closed'), then: 'close' },
	'nothing, and a reset': { ...sends('ECONNRESET'), then: 'reset' },
	'HTTP/0.9': { ...sends('bad_http', '<html>hello</html>'), then: 'close' },
	'the preface of HTTP/2': sends('bad_http', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
	'settings of HTTP/2': sends('bad_http', Buffer.from('000000040000000000', 'hex')),
	'an alert of TLS': sends('bad_http', Buffer.from('15030300020228', 'hex')),
	'a greeting of SSH': sends('bad_http', 'SSH-2.0-OpenSSH_9.2\r\n'),
	'a greeting of SMTP': sends('bad_http', '220 mail.example ESMTP\r\n'),
	'a gzip stream': sends('bad_http', GZIPPED),
	'100 kB of NULs': sends('bad_http', Buffer.alloc(100_000)),
	'letters without end': { ...sends('bad_http'), endlessly: MANY },
	'empty lines without end': { ...sends('stalled'), endlessly: latin1('\r\n') },
};

/** By description; each is sent for the first request of a connection. */
export const ODD_ANSWERS: Readonly<Record<string, OddAnswer>> = {
	...STATUS_LINES,
	...HEADERS,
	...prefixed('transfer coding', TRANSFER_CODINGS),
	...prefixed('chunks', CHUNKS),
	...prefixed('content', CONTENTS),
	...NO_HTTP,
};

function prefixed(
	prefix: string,
	answers: Readonly<Record<string, OddAnswer>>,
): Record<string, OddAnswer> {
	return Object.fromEntries(
		Object.entries(answers).map(([name, answer]) => [`${prefix}: ${name}`, answer]),
	);
}

export function sendOddAnswer(
	socket: Socket,
	{ bytes, endlessly, then }: Omit<OddAnswer, 'code'>,
): void {
	socket.write(bytes, () => finish(socket, then));
	if (endlessly === undefined) {
		return;
	}
	const times = Math.ceil(64_000 / endlessly.length);
	const much = Buffer.concat(Array<Buffer>(times).fill(endlessly));
	const more = () => {
		while (!socket.destroyed && socket.write(much)) {
			// Fills the buffers of the kernel.
		}
	};
	socket.on('drain', more);
	more();
}

const FEW_BYTES = 2000;

/** Sends the first bytes one by one, each in its own packet. */
export function sendSlowly(socket: Socket, answer: OddAnswer): void {
	let sent = 0;
	const next = () => {
		if (socket.destroyed) {
			return;
		}
		if (sent === Math.min(answer.bytes.length, FEW_BYTES)) {
			sendOddAnswer(socket, { ...answer, bytes: answer.bytes.subarray(sent) });
			return;
		}
		socket.write(answer.bytes.subarray(sent, sent + 1));
		sent += 1;
		setImmediate(next);
	};
	next();
}

function finish(socket: Socket, then: OddAnswer['then']): void {
	if (then === 'close') {
		socket.end();
	} else if (then === 'reset') {
		// The client must receive the bytes before the reset.
		setTimeout(() => socket.resetAndDestroy(), 50);
	}
}
