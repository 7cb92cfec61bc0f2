import { describe, expect, it } from 'vitest';
import {
	AttemptTimeoutError,
	ProxyError,
	RESET,
	SocksError,
	TooSlowError,
} from '../../../src/download/connection/connection-error.ts';
import { DownloadError } from '../../../src/download/errors.ts';
import type { Exchange } from '../../../src/download/http/exchange.ts';
import { explain, isClosedWhileIdle } from '../../../src/download/http/network-error.ts';
import { DEFAULT_OPTIONS } from '../../../src/download/options.ts';
import { placeOf } from '../../../src/targets/url.ts';

const TARGET = { id: 'x', index: 0, url: 'https://h.org:444/x', dest: '/x' };
const OPTIONS = { ...DEFAULT_OPTIONS, stallTimeMs: 1500, connectTimeoutMs: 2500 };
const NEVER = new AbortController().signal;

const coded = (code: string, message = 'its message') =>
	Object.assign(new Error(message), { code });
const caused = (cause: unknown, message = 'its message') => new Error(message, { cause });

function explained(
	error: unknown,
	exchange: { failedWith?: () => boolean; headersMs?: number; proxy?: string } = {},
	signal: AbortSignal = NEVER,
): unknown {
	const failed = { failedWith: () => true, ...exchange } as unknown as Exchange;
	const url = placeOf(new URL(TARGET.url));
	return explain(error, { target: TARGET, signal }, url, failed, OPTIONS);
}

describe('the failure that an error of an exchange is', () => {
	it.each<[error: Error, code: string, message: string]>([
		[new AttemptTimeoutError(1500), 'max_time', 'not complete within 1.5 s'],
		[
			new TooSlowError(10, 5, 100),
			'too_slow',
			'too slow: 2 B/s during the last 5 s, less than 100 B/s',
		],
		[
			coded('UND_ERR_CONNECT_TIMEOUT'),
			'connect_timeout',
			'no connection to h.org:444 within 2.5 s',
		],
		[coded('UND_ERR_HEADERS_TIMEOUT'), 'stalled', 'no answer for 1.5 s'],
		[coded('UND_ERR_BODY_TIMEOUT'), 'stalled', 'no data for 1.5 s'],
		[
			coded('UND_ERR_SOCKET', 'bad response'),
			'bad_http',
			'not the response that was requested: bad response',
		],
		[
			coded('UND_ERR_SOCKET', 'the bad other side closed'),
			'connection_closed',
			'the server closed the connection before it answered',
		],
		[
			coded('UND_ERR_HEADERS_OVERFLOW'),
			'headers_overflow',
			'the header of the response is too large',
		],
		[coded('HPE_HEADER_OVERFLOW'), 'headers_overflow', 'the header of the response is too large'],
		[
			coded('UND_ERR_RES_CONTENT_LENGTH_MISMATCH'),
			'truncated',
			'the connection was closed before the end of the content',
		],
		[coded('ECONNREFUSED'), 'ECONNREFUSED', 'connection refused by h.org:444'],
		[coded('ECONNRESET'), 'ECONNRESET', 'connection reset by the server'],
		[coded(RESET), 'ECONNRESET', 'connection reset by the server'],
		[coded('ENOTFOUND'), 'ENOTFOUND', 'host not found: h.org'],
		[
			new RangeError('WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory'),
			'ENOMEM',
			'WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory',
		],
		[coded('EAI_AGAIN'), 'EAI_AGAIN', 'the name h.org cannot be resolved at the moment'],
		[coded('CERT_HAS_EXPIRED'), 'CERT_HAS_EXPIRED', 'the certificate of h.org:444 has expired'],
		[coded('EHOSTUNREACH'), 'EHOSTUNREACH', 'its message'],
		[coded('HPE_INVALID_CONSTANT'), 'bad_http', 'not HTTP: its message'],
		[coded('ERR_ASSERTION'), 'bad_http', 'not HTTP: its message'],
		[coded('ERR_ASSERTION_2'), 'ERR_ASSERTION_2', 'its message'],
		[coded('X_HPE_1'), 'X_HPE_1', 'its message'],
		[Object.assign(new Error('odd'), { name: 'HTTPParserError' }), 'bad_http', 'not HTTP: odd'],
		[new Error('odd'), 'network', 'odd'],
		[Object.assign(new Error('odd'), { code: 7 }), 'network', 'odd'],
		// The code is in the cause, or in the error of one of several addresses.
		[caused(coded('ECONNREFUSED')), 'ECONNREFUSED', 'connection refused by h.org:444'],
		[caused('no error'), 'network', 'its message'],
		[
			new AggregateError(['no error', new Error('x'), coded('ENOTFOUND'), coded('EAI_AGAIN')]),
			'ENOTFOUND',
			'host not found: h.org',
		],
		[
			new AggregateError([new Error('x')], '', { cause: coded('EAI_AGAIN') }),
			'EAI_AGAIN',
			'the name h.org cannot be resolved at the moment',
		],
		// Proxies.
		[
			new SocksError('p:1', 'proxy_refused', 'it says no'),
			'proxy_refused',
			'the proxy p:1 did not connect to h.org:444: it says no',
		],
		[
			new ProxyError('p:1', 407),
			'proxy_auth_required',
			'the proxy p:1 wants credentials, or others (407)',
		],
		[
			new ProxyError('p:1', 500),
			'proxy_failed',
			'the proxy p:1 did not connect to h.org:444: 500 Internal Server Error',
		],
		[
			new ProxyError('p:1', 499),
			'proxy_refused',
			'the proxy p:1 did not connect to h.org:444: 499',
		],
		[
			new ProxyError('p:1', undefined, { cause: coded('UND_ERR_HEADERS_TIMEOUT') }),
			'connect_timeout',
			'no connection through the proxy p:1 within 2.5 s',
		],
		[
			new ProxyError('p:1', undefined, { cause: coded('UND_ERR_SOCKET') }),
			'connection_closed',
			'the proxy p:1 closed the connection before it answered',
		],
		[
			new ProxyError('p:1', undefined, { cause: coded('ECONNREFUSED') }),
			'ECONNREFUSED',
			'connection refused by the proxy p:1',
		],
		[new ProxyError('p:1', undefined, { cause: 'no error' }), 'network', 'no error'],
	])('has a code and words of its own: %s', (error, code, message) => {
		const failure = explained(error);

		expect(failure).toBeInstanceOf(DownloadError);
		expect(failure).toMatchObject({ target: TARGET, code, message });
	});

	it.each<[error: Error, phase: 'head' | 'body', code: string]>([
		[coded('UND_ERR_SOCKET', 'other side closed'), 'body', 'truncated'],
		[coded('HPE_X', 'Invalid EOF state'), 'body', 'truncated'],
		[coded('HPE_X', 'Invalid EOF state'), 'head', 'bad_http'],
		[coded('HPE_X', 'another state'), 'body', 'bad_http'],
	])('may depend on where it happened: %s, %s', (error, phase, code) => {
		const failure = explained(error, phase === 'body' ? { headersMs: 1 } : {}) as DownloadError;

		expect([failure.code, failure.cause]).toEqual([code, error]);
		if (code === 'truncated') {
			expect(failure.message).toBe('the connection was closed before the end of the content');
		}
	});

	it('is told of a proxy that answers in the place of the origin', () => {
		const { message } = explained(coded('ECONNRESET'), { proxy: 'p:1' }) as DownloadError;

		expect(message).toBe('connection reset by the proxy p:1');
	});

	it('is the error itself if it was cancelled, is a failure already, or is none of the exchange', () => {
		const told = new DownloadError(TARGET, 'told', { code: 'told' });
		const bug = coded('ECONNRESET');

		expect(explained(bug, {}, AbortSignal.abort())).toBe(bug);
		expect(explained('no error')).toBe('no error');
		expect(explained(told)).toBe(told);
		expect(explained(bug, { failedWith: () => false })).toBe(bug);
	});
});

it.each<[diedUnanswered: boolean, code: string | undefined, isClosed: boolean]>([
	[true, 'ECONNRESET', true],
	[true, 'EPIPE', true],
	[true, 'connection_closed', true],
	[true, 'ETIMEDOUT', false],
	[true, undefined, false],
	[false, 'ECONNRESET', false],
])(
	'died unanswered: %s, code %s: closed while it was idle: %s',
	(diedUnanswered, code, isClosed) => {
		expect(isClosedWhileIdle({ diedUnanswered } as unknown as Exchange, code)).toBe(isClosed);
	},
);
