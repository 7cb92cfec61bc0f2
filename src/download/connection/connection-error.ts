import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { formatBytes } from '../../util/units.ts';

/** Code of a connection that was reset after it had come about. */
export const RESET = 'reset';

/** What ends an exchange that takes longer than one attempt may (`maxTimeMs`). */
export class AttemptTimeoutError extends Error {
	constructor(maxTimeMs: number) {
		super(`not complete within ${maxTimeMs / 1000} s`);
	}
}

/** What ends an exchange that receives less than `--speed-limit`. */
export class TooSlowError extends Error {
	constructor(bytes: number, seconds: number, limitBytesPerSecond: number) {
		const found = formatBytes(Math.floor(bytes / seconds));
		const limit = formatBytes(limitBytesPerSecond);
		super(`too slow: ${found}/s during the last ${seconds} s, less than ${limit}/s`);
	}
}

/** A proxy of SOCKS did not connect. */
export class SocksError extends Error {
	/** Host and port of the proxy. */
	readonly proxy: string;
	/** In the table of failures. */
	readonly code: string;

	/** @param message - What is wrong; `it` is the proxy. */
	constructor(proxy: string, code: string, message: string) {
		super(message);
		this.proxy = proxy;
		this.code = code;
	}
}

/** A tunnel did not come about, and it was not the origin's fault. */
export class ProxyError extends Error {
	/** Host and port of the proxy. */
	readonly proxy: string;
	/** What the proxy answered; absent if it did not. */
	readonly status: number | undefined;

	constructor(proxy: string, status: number | undefined, options?: ErrorOptions) {
		super(status === undefined ? 'no tunnel' : `the proxy answered ${status}`, options);
		this.proxy = proxy;
		this.status = status;
	}
}

/** Alerts about the certificate of a client, in OpenSSL's names: it is missing, or not the right one. */
const CLIENT_CERTIFICATE =
	/_ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(?:REVOKED|EXPIRED|UNKNOWN|REQUIRED)|UNKNOWN_CA)$/;
/** The alert of TLS 1.2 for this and for others. */
const HANDSHAKE_FAILURE = /_ALERT_HANDSHAKE_FAILURE$/;

/**
 * Marks the error of a handshake that went as far as the server's certificate: the two agree on version
 * and ciphers then, and what the server refuses is the client.
 */
export function withServerCertificate(error: NodeJS.ErrnoException, socket: Socket): Error {
	if (!HANDSHAKE_FAILURE.test(error.code ?? '') || !(socket instanceof TLSSocket)) {
		return error;
	}
	// Node returns `null` if the socket is gone.
	const certificate = socket.getPeerCertificate() as object | null;
	const seen = Object.keys(certificate ?? {}).length > 0;
	return seen ? Object.assign(error, { serverCertificateSeen: true }) : error;
}

/**
 * Hides from undici that a certificate is for another name: undici 7 then ends the request without
 * taking it out of its queue, and the next one on that client waits for ever.
 */
export function withoutWrongName(error: NodeJS.ErrnoException): Error {
	return error.code === WRONG_NAME ? new Error(error.message, { cause: error }) : error;
}

const WRONG_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';

/** With whom TLS was spoken. */
interface TlsPeer {
	readonly host: string;
	readonly hostname: string;
	/** Whether there was a client certificate to give. */
	readonly hasCertificate?: boolean;
}

/**
 * Says what is wrong with TLS, or with a certificate.
 *
 * @param code - OpenSSL's name of a failed verification, or Node's of an error of the protocol.
 * @returns `undefined` where it is neither.
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
		case WRONG_NAME:
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

/** `, but for a.example, b.example`: whom it is for, if it says so. */
function namesIn({ cause }: Error): string {
	const { cert } = (cause ?? {}) as { readonly cert?: { readonly subjectaltname?: unknown } };
	const subjectaltname = cert?.subjectaltname;
	return typeof subjectaltname === 'string'
		? `, but for ${subjectaltname.replace(/\b(?:DNS|IP Address):/g, '')}`
		: '';
}

/** OpenSSL's own words, without its numbers: `tlsv1 alert protocol version`. */
function reasonOf(error: Error): string {
	return 'reason' in error && typeof error.reason === 'string'
		? error.reason
		: error.message.trim();
}
