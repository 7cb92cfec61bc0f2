import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { formatBytes } from '../../util/units.ts';

/** Code of a reset of an established connection. */
export const RESET = 'reset';

/** Aborts an exchange that exceeds `maxTimeMs`. */
export class AttemptTimeoutError extends Error {
	constructor(maxTimeMs: number) {
		super(`not complete within ${maxTimeMs / 1000} s`);
	}
}

/** Aborts an exchange that is slower than `--speed-limit`. */
export class TooSlowError extends Error {
	constructor(bytes: number, seconds: number, limitBytesPerSecond: number) {
		const found = formatBytes(Math.floor(bytes / seconds));
		const limit = formatBytes(limitBytesPerSecond);
		super(`too slow: ${found}/s during the last ${seconds} s, less than ${limit}/s`);
	}
}

/** A SOCKS proxy did not connect to the origin. */
export class SocksError extends Error {
	/** Host and port of the proxy. */
	readonly proxy: string;
	/** A code of the failure table. */
	readonly code: string;

	/** @param message - The reason, in which `it` is the proxy. */
	constructor(proxy: string, code: string, message: string) {
		super(message);
		this.proxy = proxy;
		this.code = code;
	}
}

/** A proxy did not open a tunnel. */
export class ProxyError extends Error {
	/** Host and port of the proxy. */
	readonly proxy: string;
	/** Status code of the proxy's response; undefined if there was none. */
	readonly status: number | undefined;

	constructor(proxy: string, status: number | undefined, options?: ErrorOptions) {
		super(status === undefined ? 'no tunnel' : `the proxy answered ${status}`, options);
		this.proxy = proxy;
		this.status = status;
	}
}

/** OpenSSL's names of alerts about a missing or rejected client certificate. */
const CLIENT_CERTIFICATE =
	/_ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(?:REVOKED|EXPIRED|UNKNOWN|REQUIRED)|UNKNOWN_CA)$/;
/** TLS 1.2 sends this alert for client certificates, and for other reasons. */
const HANDSHAKE_FAILURE = /_ALERT_HANDSHAKE_FAILURE$/;

/**
 * Marks a handshake error that occurred after the server's certificate: version and ciphers were
 * agreed by then, so the server rejects the client's certificate.
 */
export function markServerCertificate(error: NodeJS.ErrnoException, socket: Socket): Error {
	if (!HANDSHAKE_FAILURE.test(error.code ?? '') || !(socket instanceof TLSSocket)) {
		return error;
	}
	// Node returns `null` if the socket is destroyed.
	const certificate = socket.getPeerCertificate() as object | null;
	const seen = Object.keys(certificate ?? {}).length > 0;
	return seen ? Object.assign(error, { serverCertificateSeen: true }) : error;
}

/**
 * Hides the code of a certificate name mismatch from undici: for that code undici 7 fails the request
 * without removing it from its queue, and the next one on that client waits forever.
 */
export function hideNameMismatch(error: NodeJS.ErrnoException): Error {
	return error.code === NAME_MISMATCH ? new Error(error.message, { cause: error }) : error;
}

const NAME_MISMATCH = 'ERR_TLS_CERT_ALTNAME_INVALID';

/** The other side of a TLS connection. */
interface TlsPeer {
	readonly host: string;
	readonly hostname: string;
	/** Whether a client certificate is configured. */
	readonly hasCertificate?: boolean;
}

/**
 * Describes an error of TLS or of a certificate.
 *
 * @param code - OpenSSL's name of a failed verification, or Node's name of a protocol error.
 * @returns `undefined` for other errors.
 */
export function describeTls(
	code: string,
	error: Error,
	{ host, hostname, hasCertificate = false }: TlsPeer,
): string | undefined {
	switch (code) {
		case 'CERT_HAS_EXPIRED':
			return `the certificate of ${host} has expired`;
		case 'CERT_NOT_YET_VALID':
			return `the certificate of ${host} is not valid yet, or the clock of this machine is slow`;
		case NAME_MISMATCH:
			return `the certificate is not for ${hostname}${namesIn(error)}`;
		case 'DEPTH_ZERO_SELF_SIGNED_CERT':
			return `the certificate of ${host} is self-signed`;
		case 'SELF_SIGNED_CERT_IN_CHAIN':
		case 'UNABLE_TO_GET_ISSUER_CERT':
		case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
			return `the certificate of ${host} is from an authority that is not trusted`;
		case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
			return `the certificate of ${host} is from an authority that is not trusted, or came without those in between`;
		case 'ERR_SSL_WRONG_VERSION_NUMBER':
			return `${host} does not speak TLS`;
	}
	const refusesClient =
		CLIENT_CERTIFICATE.test(code) ||
		(HANDSHAKE_FAILURE.test(code) && 'serverCertificateSeen' in error);
	if (refusesClient) {
		return hasCertificate
			? `${host} does not take the client certificate that it was given (--cert)`
			: `${host} asks for a client certificate; give one with --cert and --key`;
	}
	return code.startsWith('ERR_SSL_') ? `no TLS with ${host}: ${reasonOf(error)}` : undefined;
}

/** @returns The names in the certificate, if any: `, but for a.example, b.example`. */
function namesIn({ cause }: Error): string {
	const { cert } = (cause ?? {}) as { readonly cert?: { readonly subjectaltname?: unknown } };
	const subjectaltname = cert?.subjectaltname;
	return typeof subjectaltname === 'string'
		? `, but for ${subjectaltname.replace(/\b(?:DNS|IP Address):/g, '')}`
		: '';
}

/** @returns OpenSSL's reason without its numbers: `tlsv1 alert protocol version`. */
function reasonOf(error: Error): string {
	return 'reason' in error && typeof error.reason === 'string'
		? error.reason
		: error.message.trim();
}
