import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { CONTENT, type OddAnswer } from './odd-answers.ts';
import { bytesOf, chunked } from './raw-origin.ts';

/** What a server sends, and whether it then closes the connection. */
export type RawAnswer = Pick<OddAnswer, 'bytes' | 'then'>;

const OK = 'HTTP/1.1 200 OK';
const LENGTH = `Content-Length: ${CONTENT.length}`;
const CHUNKED = 'Transfer-Encoding: chunked';
const CLOSE = 'Connection: close';
const GZIPPED = gzipSync(CONTENT);
const LARGE = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));

const sends = (...pieces: (Buffer | string)[]): RawAnswer => ({
	bytes: Buffer.concat(
		pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)),
	),
});
const closes = (...pieces: (Buffer | string)[]): RawAnswer => ({
	...sends(...pieces),
	then: 'close',
});
/** A response with these lines and the content; the connection stays open. */
const head = (...lines: string[]) => sends(bytesOf(lines, CONTENT));
const headThatCloses = (...lines: string[]) => closes(bytesOf(lines, CONTENT));
/** A 200 with the length of the content and these fields. */
const fields = (...lines: string[]) => head(OK, LENGTH, ...lines);
const status = (line: string, ...lines: string[]) => head(`HTTP/1.1 ${line}`, LENGTH, ...lines);
const chunks = (body: string, ...lines: string[]) => sends(bytesOf([OK, CHUNKED, ...lines], body));
const coded = (coding: string, body: Buffer, ...lines: string[]) =>
	sends(
		bytesOf([OK, `Content-Encoding: ${coding}`, `Content-Length: ${body.length}`, ...lines], body),
	);
const redirect = (location: string, code = 302, ...lines: string[]) =>
	sends(bytesOf([`HTTP/1.1 ${code} X`, `Location: ${location}`, 'Content-Length: 0', ...lines]));

const WHOLE = chunked(CONTENT, 5).toString();
const LAST = '0\r\n\r\n';
const C = 'c\r\nhello world\n\r\n';

const STATUS_LINES: Record<string, RawAnswer> = {
	'a plain answer': fields(),
	'no reason': status('200 '),
	'no space after the status': head('HTTP/1.1 200', LENGTH),
	'a reason in Latin-1': status('200 D\xe9j\xe0 vu'),
	'a reason with tabs': status('200 a\tb'),
	'a reason that looks like a status': status('200 404 Not Found'),
	'version 1.0 with a length': headThatCloses('HTTP/1.0 200 OK', LENGTH),
	'version 1.0 that stays open': head('HTTP/1.0 200 OK', LENGTH, 'Connection: keep-alive'),
	'version 1.0 that ends with its connection': headThatCloses('HTTP/1.0 200 OK'),
	'version 1.0 in chunks': sends(bytesOf(['HTTP/1.0 200 OK', CHUNKED], WHOLE)),
	'201': status('201 Created'),
	'202': status('202 Accepted'),
	'203': status('203 Non-Authoritative Information'),
	'204 without a length': sends(bytesOf(['HTTP/1.1 204 X'])),
	'207': status('207 Multi-Status'),
	'226': status('226 IM Used'),
	'299': status('299 X'),
	'400': status('400 X'),
	'401 with a challenge': status('401 X', 'WWW-Authenticate: Basic realm="a"'),
	'404': status('404 X'),
	'404 in chunks': sends(bytesOf(['HTTP/1.1 404 X', CHUNKED], WHOLE)),
	'407': status('407 X', 'Proxy-Authenticate: Basic realm="a"'),
	'410': status('410 X'),
	'500': status('500 X'),
	'599': status('599 X'),
	'103 before the answer': sends(
		bytesOf(['HTTP/1.1 103 X', 'Link: </a>; rel=preload']),
		fields().bytes,
	),
	'102 twice before the answer': sends('HTTP/1.1 102 X\r\n\r\n'.repeat(2), fields().bytes),
	'100 before the answer': sends('HTTP/1.1 100 Continue\r\n\r\n', fields().bytes),
	'103 and then a refusal': sends('HTTP/1.1 103 X\r\n\r\n', status('403 X').bytes),
	'a status of two digits': status('20 OK'),
	'no HTTP': closes('<html>hello</html>'),
	nothing: closes(''),
	'a header that is cut off': closes(`${OK}\r\n${LENGTH}\r\nX: `),
};

const HEADERS: Record<string, RawAnswer> = {
	'names in lower case': head(OK, LENGTH.toLowerCase()),
	'names in capitals': head(OK, LENGTH.toUpperCase()),
	'no space after the colon': head(OK, `Content-Length:${CONTENT.length}`),
	'many spaces after the colon': head(OK, `Content-Length:     ${CONTENT.length}`),
	'a tab after the colon': head(OK, `Content-Length:\t${CONTENT.length}`),
	'spaces after the value': head(OK, `${LENGTH}   `),
	'a tab after the length': head(OK, `${LENGTH}\t`),
	'a tab after the length, behind an interim answer': sends(
		'HTTP/1.1 103 X\r\nX:\ta\r\n\r\n',
		bytesOf([OK, `${LENGTH} \t`], CONTENT),
	),
	'tabs in a header and in the content': closes(bytesOf([OK, 'X: a\tb\t', CLOSE], 'a\tb\n\n\tc')),
	'a tab after a value': fields('ETag: "a"\t'),
	'zeros before the length': head(OK, `Content-Length: 000${CONTENT.length}`),
	'an empty value': fields('X-Empty:'),
	'a value of spaces': fields('X-Empty:    '),
	'a value in Latin-1': fields('X: \xe9\xff'),
	'a value in UTF-8': fields(`X: ${Buffer.from('é').toString('latin1')}`),
	'a tab in a value': fields('X: a\tb'),
	'a name of signs': fields("!#$%&'*+-.^_`|~: a"),
	'a name of digits': fields('123: a'),
	'a name of one letter': fields('a: b'),
	'a colon in a value': fields('X: a:b::c'),
	'the same field many times': fields(...Array<string>(50).fill('X: a')),
	'200 fields': fields(...Array.from({ length: 200 }, (_, i) => `X-${i}: a`)),
	'a value of 8 kB': fields(`X: ${'v'.repeat(8000)}`),
	'a field on two lines': fields('X: a', ' b'),
	'a field on two lines, with a tab': fields('X: a', '\tb'),
	'lines without CR': sends(`${OK}\n${LENGTH}\n\n`, CONTENT),
	'many cookies': fields(...Array.from({ length: 30 }, (_, i) => `Set-Cookie: a${i}=b; Path=/`)),
	'a cookie with an odd date': fields('Set-Cookie: a=b; Expires=Thursday; Max-Age=-1'),
	'an upgrade that is offered': fields('Upgrade: h2,h2c', 'Connection: Upgrade, Keep-Alive'),
	'an upgrade without Connection': fields('Upgrade: h2c'),
	'another service': fields('Alt-Svc: h3=":443"; ma=86400'),
	'strict transport security': fields('Strict-Transport-Security: max-age=1'),
	'keep-alive with numbers': fields('Connection: Keep-Alive', 'Keep-Alive: timeout=5, max=100'),
	'keep-alive of no time': fields('Keep-Alive: timeout=0'),
	'a connection of odd names': fields('Connection: X-A, X-B', 'X-A: 1'),
	'a connection in capitals': headThatCloses(OK, LENGTH, 'CONNECTION: CLOSE'),
	'a type that is none': fields('Content-Type: ;;;'),
	'two types': fields('Content-Type: text/plain', 'Content-Type: image/gif'),
	'a file name': fields('Content-Disposition: attachment; filename="../../a"'),
	'a refresh': fields('Refresh: 0; url=/other'),
	'a location with 200': fields('Location: /echo/other'),
	'a location with 201': status('201 X', 'Location: /echo/other'),
	'a retry time with 200': fields('Retry-After: 100'),
	'a trailer that is announced and not sent': fields('Trailer: X'),
	'a server that says much': fields(`Server: ${'a/1.0 (b) '.repeat(50)}`),
	'a link': fields('Link: </a>; rel="next"'),
	'a proxy connection': fields('Proxy-Connection: close'),
};

const LENGTHS: Record<string, RawAnswer> = {
	'a length of 0': sends(bytesOf([OK, 'Content-Length: 0'])),
	'more than its length': head(OK, 'Content-Length: 5'),
	'less than its length': headThatCloses(OK, 'Content-Length: 20'),
	'nothing of its length': closes(bytesOf([OK, LENGTH])),
	'a length, and the end': headThatCloses(OK, LENGTH, CLOSE),
	'the end of the connection': headThatCloses(OK),
	'the end of the connection, which is announced': headThatCloses(OK, CLOSE),
	'the end of the connection and nothing': closes(bytesOf([OK, CLOSE])),
	'the end of a long answer': closes(bytesOf([OK, CLOSE], LARGE)),
	'a long answer': sends(bytesOf([OK, `Content-Length: ${LARGE.length}`], LARGE)),
	'the same length twice': head(OK, LENGTH, LENGTH),
	'two lengths': head(OK, LENGTH, 'Content-Length: 5'),
	'a negative length': headThatCloses(OK, 'Content-Length: -1'),
	'a length of letters': headThatCloses(OK, 'Content-Length: abc'),
	'a length beyond all': headThatCloses(OK, `Content-Length: ${'9'.repeat(18)}`),
	'a reset within its length': { ...head(OK, 'Content-Length: 20'), then: 'reset' },
};

const CHUNKS: Record<string, RawAnswer> = {
	chunks: chunks(WHOLE),
	'one chunk': chunks(`${C}${LAST}`),
	'chunks of one byte': sends(bytesOf([OK, CHUNKED], chunked(CONTENT, 1))),
	'chunks of 64 kB': sends(bytesOf([OK, CHUNKED], chunked(LARGE, 65_536))),
	'no chunk but the last': chunks(LAST),
	'a size in capitals': chunks(`C\r\nhello world\n\r\n${LAST}`),
	'zeros before the size': chunks(`0000000c\r\nhello world\n\r\n${LAST}`),
	'many zeros as last chunk': chunks(`${C}0000\r\n\r\n`),
	'an extension': chunks(`c;a\r\nhello world\n\r\n${LAST}`),
	'an extension with a value': chunks(`c;a=b;c=d\r\nhello world\n\r\n${LAST}`),
	'an extension in quotes': chunks(`c;a="b c"\r\nhello world\n\r\n${LAST}`),
	'an extension of the last chunk': chunks(`${C}0;a=b\r\n\r\n`),
	'white space round an extension': chunks(`c ; a = b\r\nhello world\n\r\n${LAST}`),
	'white space after the semicolon': chunks(`c; a=b\r\nhello world\n\r\n0 ;a \r\n\r\n`),
	'tabs round an extension': chunks(`c\t;\ta\t=\t"b\t;"\t\r\nhello world\n\r\n${LAST}`),
	'an extension of nothing': chunks(`c;\r\nhello world\n\r\n0; \r\n\r\n`),
	'sizes on lines without CR': chunks('5\nhello\n7 ; a\n world\n\n0\n\n'),
	'chunks that look like chunks': chunks(`c; a\r\n5 ;\ta\r\n0\r\n\r\n${LAST}`),
	'a size with spaces after it': chunks(`c   \r\nhello world\n\r\n${LAST}`),
	'a trailer': chunks(`${C}0\r\nX: a\r\n\r\n`, 'Trailer: X'),
	'a trailer that was not announced': chunks(`${C}0\r\nX: a\r\nY: b\r\n\r\n`),
	'chunked with a tab after it': sends(bytesOf([OK, `${CHUNKED}\t`], WHOLE)),
	'chunks in capitals': sends(bytesOf([OK, 'TRANSFER-ENCODING: CHUNKED'], WHOLE)),
	'chunks and the end': closes(bytesOf([OK, CHUNKED, CLOSE], WHOLE)),
	'chunks and an odd length after them': chunks(WHOLE, 'X-Length: 5'),
	'chunks without the last': closes(bytesOf([OK, CHUNKED], C)),
	'a chunk that is cut off': closes(bytesOf([OK, CHUNKED], 'c\r\nhello')),
	'a size that is cut off': closes(bytesOf([OK, CHUNKED], `${C}0`)),
	'a size of letters': closes(bytesOf([OK, CHUNKED], `zz\r\nhello\r\n${LAST}`)),
	'no size': closes(bytesOf([OK, CHUNKED], `\r\nhello\r\n${LAST}`)),
	'a size beyond all': closes(bytesOf([OK, CHUNKED], `${'f'.repeat(20)}\r\nhello`)),
	'a chunk longer than its size': closes(bytesOf([OK, CHUNKED], `5\r\nhello world\r\n${LAST}`)),
	'a last chunk without its empty line': closes(bytesOf([OK, CHUNKED], `${C}0\r\n`)),
	'gzip, chunked': sends(bytesOf([OK, 'Transfer-Encoding: gzip, chunked'], chunked(GZIPPED, 7))),
	'gzip to the end of the connection': closes(bytesOf([OK, 'Transfer-Encoding: gzip'], GZIPPED)),
	'identity to the end of the connection': headThatCloses(OK, 'Transfer-Encoding: identity'),
	'identity and a length': headThatCloses(OK, LENGTH, 'Transfer-Encoding:\tIdentity '),
	'identity, then chunks': sends(
		bytesOf([OK, 'Transfer-Encoding: identity', CHUNKED], chunked(CONTENT, 5)),
	),
	'no coding at all, and a length': headThatCloses(OK, LENGTH, 'Transfer-Encoding:'),
};

const CODINGS: Record<string, RawAnswer> = {
	gzip: coded('gzip', GZIPPED),
	'x-gzip': coded('x-gzip', GZIPPED),
	'gzip in capitals': coded('GZIP', GZIPPED),
	'gzip in chunks': sends(bytesOf([OK, CHUNKED, 'Content-Encoding: gzip'], chunked(GZIPPED, 3))),
	'gzip to the end': closes(bytesOf([OK, 'Content-Encoding: gzip', CLOSE], GZIPPED)),
	'gzip of much': coded('gzip', gzipSync(LARGE)),
	'gzip, stored': coded('gzip', gzipSync(CONTENT, { level: 0 })),
	'gzip with a name': coded('gzip', withGzipName(GZIPPED)),
	'gzip of nothing': coded('gzip', gzipSync('')),
	'gzip without a byte': coded('gzip', Buffer.alloc(0)),
	'gzip in two members': coded('gzip', Buffer.concat([GZIPPED, GZIPPED])),
	'gzip with nonsense after it': coded('gzip', Buffer.concat([GZIPPED, Buffer.from('nonsense')])),
	'gzip that is cut off': coded('gzip', GZIPPED.subarray(0, -9)),
	'gzip with a wrong checksum': coded('gzip', withBrokenByte(GZIPPED, GZIPPED.length - 8)),
	'gzip with a wrong size': coded('gzip', withBrokenByte(GZIPPED, GZIPPED.length - 4)),
	'gzip with a broken byte': coded('gzip', withBrokenByte(GZIPPED, 10)),
	'gzip that is none': coded('gzip', CONTENT),
	deflate: coded('deflate', deflateSync(CONTENT)),
	'deflate without its header': coded('deflate', deflateRawSync(CONTENT)),
	'deflate of much': coded('deflate', deflateSync(LARGE)),
	'deflate that is none': coded('deflate', CONTENT),
	br: coded('br', brotliCompressSync(CONTENT)),
	'br of much': coded('br', brotliCompressSync(LARGE)),
	'br that is none': coded('br', Buffer.alloc(40, 0xff)),
	'gzip, then br': coded('gzip, br', brotliCompressSync(GZIPPED)),
	'gzip twice': coded('gzip, gzip', gzipSync(GZIPPED)),
	'gzip twice, in two fields': coded('gzip', gzipSync(GZIPPED), 'Content-Encoding: gzip'),
	identity: coded('identity', CONTENT),
	'gzip and identity': coded('gzip, identity', GZIPPED),
	'an empty list': coded('', CONTENT),
	'gzip and an empty element': coded('gzip,', GZIPPED),
	'gzip and deflate without a comma': coded('gzip deflate', GZIPPED),
	compress: coded('compress', CONTENT),
	'a charset': coded('utf-8', CONTENT),
	none: coded('none', CONTENT),
	'gzip on a refusal': status('403 X', 'Content-Encoding: gzip'),
	'an unknown one on a redirect': redirect('/echo/coded', 302, 'Content-Encoding: foo'),
	'a type of gzip': sends(
		bytesOf([OK, 'Content-Type: application/gzip', `Content-Length: ${GZIPPED.length}`], GZIPPED),
	),
};

const RANGES: Record<string, RawAnswer> = {
	'ranges are taken': fields('Accept-Ranges: bytes'),
	'ranges are not taken': fields('Accept-Ranges: none'),
	'a whole range with 200': fields('Content-Range: bytes 0-11/12'),
	'206 with all': status('206 X', 'Content-Range: bytes 0-11/12'),
	'206 with all, in chunks': sends(
		bytesOf(['HTTP/1.1 206 X', 'Content-Range: bytes 0-11/12', CHUNKED], chunked(CONTENT, 5)),
	),
	'206 with a part': status('206 X', 'Content-Range: bytes 0-11/100'),
	'416': status('416 X', 'Content-Range: bytes */12'),
};

const CACHING: Record<string, RawAnswer> = {
	'a strong ETag': fields('ETag: "a"'),
	'a weak ETag': fields('ETag: W/"a"'),
	'an ETag without quotes': fields('ETag: a'),
	'an empty ETag': fields('ETag: ""'),
	'two ETags': fields('ETag: "a"', 'ETag: "b"'),
	'a date of change': fields('Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT'),
	'a date of RFC 850': fields('Last-Modified: Sunday, 06-Nov-94 08:49:37 GMT'),
	'a date of asctime': fields('Last-Modified: Sun Nov  6 08:49:37 1994'),
	'a date that is none': fields('Last-Modified: yesterday', 'Date: today', 'Expires: 0'),
	'a date in the future': fields('Last-Modified: Fri, 31 Dec 9999 23:59:59 GMT'),
	'an age': fields('Age: 100000', 'Date: Sun, 06 Nov 1994 08:49:37 GMT'),
	'an age that is none': fields('Age: -1'),
	directives: fields('Cache-Control: no-store, max-age=0, private="a", foo=bar'),
	'a vary of all': fields('Vary: *'),
	'a warning': fields('Warning: 110 - "Response is stale"', 'Pragma: no-cache'),
	'what a cache says': fields('X-Cache: HIT', 'Via: 1.1 a, 1.0 b', 'Cache-Status: a; hit'),
	'304 that was not asked for': sends(bytesOf(['HTTP/1.1 304 X', 'ETag: "a"'])),
	'a digest that is right': fields(
		'Repr-Digest: sha-256=:qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A+4XSmaGSpEc=:',
	),
	'a digest of an unknown kind': fields('Repr-Digest: foo=:AAAA:'),
	'a digest that is wrong': fields(`Repr-Digest: sha-256=:${'A'.repeat(43)}=:`),
	'an old digest': fields('Digest: MD5=AAAA', 'Content-MD5: AAAA'),
};

const REDIRECTS: Record<string, RawAnswer> = {
	'301': redirect('/echo/a', 301),
	'302': redirect('/echo/a'),
	'303': redirect('/echo/a', 303),
	'307': redirect('/echo/a', 307),
	'308': redirect('/echo/a', 308),
	'300 with a location': redirect('/echo/a', 300),
	'302 without a location': status('302 X'),
	'a relative place': redirect('echo/a'),
	'a relative place with dots': redirect('./../echo/./b/../a'),
	'a place with a query': redirect('/echo/a?b=c&d'),
	'a place with a fragment': redirect('/echo/a#b'),
	'a query alone': redirect('?to=echo'),
	'a place without scheme': redirect('//HOST/echo/a'),
	'a whole URL': redirect('http://HOST/echo/a'),
	'a scheme in capitals': redirect('HTTP://HOST/echo/a'),
	'a place with a space': redirect('/echo/a b'),
	'a place with spaces around it': redirect('   /echo/a   '),
	'a place with a percent sign': redirect('/echo/a%20b%2Fc'),
	'a place with a small percent code': redirect('/echo/%c3%a9'),
	'a place in UTF-8': redirect(`/echo/${Buffer.from('é').toString('latin1')}`),
	'a place of signs': redirect("/echo/a;b=c,d:e@f!$&'()*+~"),
	'a place with two slashes': redirect('/echo//a///b'),
	'a place with a user': redirect('http://u:p@HOST/echo/a'),
	'a scheme that is none of HTTP': redirect('ftp://HOST/echo/a'),
	'a place that is no URL': redirect('http://[/'),
	'itself without end': redirect('SELF'),
	'a chain of five': redirect('/chain/4'),
	'with content': sends(bytesOf(['HTTP/1.1 302 X', 'Location: /echo/a', LENGTH], CONTENT)),
	'with content in chunks': sends(bytesOf(['HTTP/1.1 302 X', 'Location: /echo/a', CHUNKED], WHOLE)),
	'with content to the end': closes(
		bytesOf(['HTTP/1.1 302 X', 'Location: /echo/a', CLOSE], CONTENT),
	),
	'with content that is cut off': headThatCloses(
		'HTTP/1.1 302 X',
		'Location: /echo/a',
		'Content-Length: 20',
	),
	'to a refusal': redirect('/refused'),
	'the same place twice': redirect('/echo/a', 302, 'Location: /echo/a'),
};

/** By description. HOST and SELF stand for the server's host and the response's own path. */
export const CURL_ANSWERS: Readonly<Record<string, RawAnswer>> = {
	...prefixed('status line', STATUS_LINES),
	...prefixed('header', HEADERS),
	...prefixed('length', LENGTHS),
	...prefixed('chunks', CHUNKS),
	...prefixed('coding', CODINGS),
	...prefixed('range', RANGES),
	...prefixed('caching', CACHING),
	...prefixed('redirect', REDIRECTS),
};

function prefixed(prefix: string, answers: Readonly<Record<string, RawAnswer>>) {
	return Object.fromEntries(
		Object.entries(answers).map(([name, answer]) => [`${prefix}: ${name}`, answer]),
	);
}

/** RFC 1952, 2.3: FNAME. */
function withGzipName(gzipped: Buffer): Buffer {
	const start = Buffer.from(gzipped.subarray(0, 10));
	start[3] = 8;
	return Buffer.concat([start, Buffer.from('a name\0'), gzipped.subarray(10)]);
}

function withBrokenByte(bytes: Buffer, position: number): Buffer {
	const broken = Buffer.from(bytes);
	broken[position] = (broken[position] ?? 0) ^ 0xff;
	return broken;
}
