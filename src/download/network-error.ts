import type { Target } from '../targets/target.ts';
import { DownloadError } from './download-error.ts';
import type { DownloadOptions } from './options.ts';

/** Where in an exchange it happened. */
export type Phase = 'head' | 'body';

/**
 * Says what a failed exchange means, in the words of the table of failures.
 *
 * undici's names differ by phase and layer (`UND_ERR_SOCKET`, `HPE_…`, system codes, empty
 * `AggregateError`s); a person wants to know what happened.
 */
export function networkError(
	target: Target,
	url: URL,
	phase: Phase,
	error: Error,
	options: DownloadOptions,
): DownloadError {
	if (error instanceof DownloadError) return error;
	const [code, message] = describe(error, phase, url, options);
	return new DownloadError(target, message, { code, cause: error });
}

function describe(
	error: Error,
	phase: Phase,
	url: URL,
	options: DownloadOptions,
): [code: string, message: string] {
	const code = codeOf(error);
	switch (code) {
		case 'UND_ERR_CONNECT_TIMEOUT':
			return [
				'connect_timeout',
				`no connection to ${url.host} within ${seconds(options.connectTimeoutMs)}`,
			];
		case 'UND_ERR_HEADERS_TIMEOUT':
			return ['stalled', `no answer for ${seconds(options.stallTimeMs)}`];
		case 'UND_ERR_BODY_TIMEOUT':
			return ['stalled', `the answer fell silent for ${seconds(options.stallTimeMs)}`];
		case 'UND_ERR_SOCKET':
			return phase === 'head'
				? ['connection_closed', 'the server closed the connection before it answered']
				: ['truncated', 'the connection was closed before the end of the content'];
		case 'UND_ERR_HEADERS_OVERFLOW':
		case 'HPE_HEADER_OVERFLOW':
			return ['headers_overflow', 'the header of the answer is too large'];
		case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
			return ['length_mismatch', 'the content has not the length that was announced'];
		case 'ECONNREFUSED':
			return [code, `connection refused by ${url.host}`];
		case 'ECONNRESET':
			return [code, 'connection reset by the server'];
		case 'ENOTFOUND':
			return [code, `host not found: ${url.hostname}`];
		case 'EAI_AGAIN':
			return [code, `the name ${url.hostname} could not be resolved just now`];
		case 'CERT_HAS_EXPIRED':
			return [code, `the certificate of ${url.host} has expired`];
		case 'ERR_TLS_CERT_ALTNAME_INVALID':
			return [code, `the certificate is not one for ${url.hostname}`];
		case 'DEPTH_ZERO_SELF_SIGNED_CERT':
			return [code, `the certificate of ${url.host} is self-signed`];
		case 'SELF_SIGNED_CERT_IN_CHAIN':
		case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
		case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
			return [code, `the certificate of ${url.host} is from an authority that is not trusted`];
		case undefined:
			break;
		default:
			if (!code.startsWith('HPE_')) return [code, error.message];
	}
	// undici's parser errors go by their name: not all of them have a code.
	if (error.name === 'HTTPParserError') return ['bad_http', `not HTTP: ${error.message}`];
	return ['network', error.message];
}

function codeOf(error: Error): string | undefined {
	if ('code' in error && typeof error.code === 'string') return error.code;
	if (error instanceof AggregateError) {
		for (const inner of error.errors) {
			const code = inner instanceof Error ? codeOf(inner) : undefined;
			if (code !== undefined) return code;
		}
	}
	return error.cause instanceof Error ? codeOf(error.cause) : undefined;
}

function seconds(ms: number): string {
	return `${ms / 1000} s`;
}
