import { STATUS_CODES } from 'node:http';
import type { Target } from '../../targets/target.ts';
import type { ParsedUrl } from '../../targets/url.ts';
import {
	AttemptTimeoutError,
	describeTls,
	ProxyError,
	RESET,
	SocksError,
	TooSlowError,
} from '../connection/connection-error.ts';
import { DownloadError } from '../errors.ts';
import type { DownloadOptions } from '../options.ts';
import type { Exchange } from './exchange.ts';

/** Which part of the response was awaited. */
type Phase = 'head' | 'body';

/** The other end of the connection, as messages name it. */
interface Peer {
	/** `the server`, or `the proxy` with its host. */
	readonly who: string;
	readonly host: string;
	readonly hostname: string;
}

/**
 * Converts an error of an exchange to the failure to report.
 *
 * @returns The error itself if the request was aborted, or if the reader of the response threw it.
 */
export function explain(
	error: unknown,
	{ target, signal }: { readonly target: Target; readonly signal: AbortSignal },
	url: ParsedUrl,
	exchange: Exchange,
	options: DownloadOptions,
): unknown {
	if (signal.aborted || !(error instanceof Error) || error instanceof DownloadError) {
		return error;
	}
	if (error instanceof AttemptTimeoutError || error instanceof TooSlowError) {
		const code = error instanceof TooSlowError ? 'too_slow' : 'max_time';
		return new DownloadError(target, error.message, { code });
	}
	if (!exchange.failedWith(error)) {
		return error;
	}
	const phase = exchange.headersMs === undefined ? 'head' : 'body';
	const peer = peerOf(new URL(url.href), exchange.proxy);
	return networkError(target, peer, phase, error, options);
}

/** @param proxy - Host of the proxy that may respond in place of the origin, if there is one. */
function peerOf({ host, hostname }: URL, proxy: string | undefined): Peer {
	return proxy === undefined ? { who: 'the server', host, hostname } : proxyPeer(proxy);
}

function proxyPeer(proxy: string): Peer {
	const name = `the proxy ${proxy}`;
	return { who: name, host: name, hostname: name };
}

/**
 * Maps an error of undici to a documented failure code and a message.
 *
 * Its own codes differ by phase and layer (`UND_ERR_SOCKET`, `HPE_…`, system codes, empty
 * `AggregateError`s), while users want to know what happened.
 */
function networkError(
	target: Target,
	peer: Peer,
	phase: Phase,
	error: Error,
	options: DownloadOptions,
): DownloadError {
	if (error instanceof SocksError) {
		const message = `the proxy ${error.proxy} did not connect to ${peer.host}: ${error.message}`;
		return new DownloadError(target, message, { code: error.code });
	}
	const [code, message] =
		error instanceof ProxyError
			? describeProxy(error, peer, options)
			: describe(error, phase, peer, options);
	return new DownloadError(target, message, { code, cause: error });
}

function describeProxy(
	{ proxy, status, cause }: ProxyError,
	{ host }: Peer,
	options: DownloadOptions,
): [code: string, message: string] {
	if (status === 407) {
		return ['proxy_auth_required', `the proxy ${proxy} wants credentials, or others (407)`];
	}
	if (status !== undefined) {
		const code = status >= 500 ? 'proxy_failed' : 'proxy_refused';
		const text = `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
		return [code, `the proxy ${proxy} did not connect to ${host}: ${text}`];
	}
	const error = cause instanceof Error ? cause : new Error(String(cause));
	// The proxy accepted the connection but did not answer CONNECT: undici applies its headers timeout.
	if (codeOf(error) === 'UND_ERR_HEADERS_TIMEOUT') {
		const waited = seconds(options.connectTimeoutMs);
		return ['connect_timeout', `no connection through the proxy ${proxy} within ${waited}`];
	}
	return describe(error, 'head', proxyPeer(proxy), options);
}

function describe(
	error: Error,
	phase: Phase,
	{ who, host, hostname }: Peer,
	options: DownloadOptions,
): [code: string, message: string] {
	const code = codeOf(error);
	switch (code) {
		case 'UND_ERR_CONNECT_TIMEOUT':
			return [
				'connect_timeout',
				`no connection to ${host} within ${seconds(options.connectTimeoutMs)}`,
			];
		case 'UND_ERR_HEADERS_TIMEOUT':
			return ['stalled', `no answer for ${seconds(options.stallTimeMs)}`];
		case 'UND_ERR_BODY_TIMEOUT':
			return ['stalled', `no data for ${seconds(options.stallTimeMs)}`];
		case 'UND_ERR_SOCKET':
			// `bad response`, `bad upgrade`: undici itself closed the connection.
			if (error.message.startsWith('bad ')) {
				return ['bad_http', `not the response that was requested: ${error.message}`];
			}
			return phase === 'head'
				? ['connection_closed', `${who} closed the connection before it answered`]
				: CUT_OFF;
		case 'UND_ERR_HEADERS_OVERFLOW':
		case 'HPE_HEADER_OVERFLOW':
			return ['headers_overflow', 'the header of the response is too large'];
		case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
			return CUT_OFF;
		case 'ECONNREFUSED':
			return [code, `connection refused by ${host}`];
		case 'ECONNRESET':
		case RESET:
			return ['ECONNRESET', `connection reset by ${who}`];
		case 'ENOTFOUND':
			return [code, `host not found: ${hostname}`];
		case 'EAI_AGAIN':
			return [code, `the name ${hostname} cannot be resolved at the moment`];
		case undefined:
			break;
		default: {
			const hasCertificate = options.clientCertificate !== undefined;
			const tls = describeTls(code, error, { host, hostname, hasCertificate });
			if (tls !== undefined) {
				return [code, tls];
			}
			if (!NOT_HTTP.test(code)) {
				return [code, error.message];
			}
		}
	}
	// Not all parser errors of undici have a code, so test the name.
	if (phase === 'body' && error.message.includes('Invalid EOF state')) {
		return CUT_OFF;
	}
	if (error.name === 'HTTPParserError' || (code !== undefined && NOT_HTTP.test(code))) {
		return ['bad_http', `not HTTP: ${error.message}`];
	}
	// undici's parser is WebAssembly, which reserves much of the address space that `ulimit -v` allows.
	return [/out of memory/i.test(error.message) ? 'ENOMEM' : 'network', error.message];
}

const CUT_OFF: [code: string, message: string] = [
	'truncated',
	'the connection was closed before the end of the content',
];

/** Codes of the parser, and of undici's assertions, such as on a status of 0. */
const NOT_HTTP = /^(?:HPE_|ERR_ASSERTION$)/;

function codeOf(error: Error): string | undefined {
	if ('code' in error && typeof error.code === 'string') {
		return error.code;
	}
	if (error instanceof AggregateError) {
		for (const inner of error.errors) {
			const code = inner instanceof Error ? codeOf(inner) : undefined;
			if (code !== undefined) {
				return code;
			}
		}
	}
	return error.cause instanceof Error ? codeOf(error.cause) : undefined;
}

function seconds(ms: number): string {
	return `${ms / 1000} s`;
}

const CONNECTION_LOSSES = new Set(['ECONNRESET', 'EPIPE', 'connection_closed']);

/** Whether an idle connection was closed while the request was being sent on it. */
export function isClosedWhileIdle(exchange: Exchange, code: string | undefined): boolean {
	return code !== undefined && exchange.diedUnanswered && CONNECTION_LOSSES.has(code);
}
