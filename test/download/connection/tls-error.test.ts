import { describe, expect, it } from 'vitest';
import {
	AttemptTimeoutError,
	describeTls,
	hideNameMismatch,
	ProxyError,
	TooSlowError,
} from '../../../src/download/connection/connection-error.ts';

const HOST = { host: 'example.org:8443', hostname: 'example.org' };
const failure = (reason: string) => Object.assign(new Error('failed'), { reason });

describe('an alert', () => {
	it.each([
		// Go, Java and others in TLS 1.2.
		'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
		'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN',
		'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
		'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
		// OpenSSL 3.2 and later.
		'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE',
		'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED',
	])('about certificates (%s) is about that of the client, which has none', (code) => {
		expect(describeTls(code, failure('alert'), HOST)).toBe(
			'example.org:8443 asks for a client certificate; give one with --cert and --key',
		);
	});

	it('about a certificate that was given is about that one', () => {
		const code = 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA';
		expect(describeTls(code, failure('alert'), { ...HOST, hasCertificate: true })).toBe(
			'example.org:8443 does not take the client certificate that it was given (--cert)',
		);
	});

	it.each([
		['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'sslv3 alert handshake failure'],
		['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tlsv1 alert protocol version'],
		['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'tlsv1 unrecognized name'],
		['ERR_SSL_TLSV1_BAD_CERTIFICATE_STATUS_RESPONSE', 'tlsv1 bad certificate status response'],
	])('about something else (%s) is told in the words of OpenSSL', (code, reason) => {
		expect(describeTls(code, failure(reason), HOST)).toBe(
			`no TLS with example.org:8443: ${reason}`,
		);
	});
});

describe('a certificate', () => {
	const wrongName = (subjectaltname?: unknown) =>
		new Error('x', { cause: Object.assign(new Error('y'), { cert: { subjectaltname } }) });

	it.each<[code: string, message: string | undefined]>([
		['CERT_HAS_EXPIRED', 'the certificate of example.org:8443 has expired'],
		[
			'CERT_NOT_YET_VALID',
			'the certificate of example.org:8443 is not valid yet, or the clock of this machine is slow',
		],
		['DEPTH_ZERO_SELF_SIGNED_CERT', 'the certificate of example.org:8443 is self-signed'],
		[
			'SELF_SIGNED_CERT_IN_CHAIN',
			'the certificate of example.org:8443 is from an authority that is not trusted',
		],
		[
			'UNABLE_TO_GET_ISSUER_CERT',
			'the certificate of example.org:8443 is from an authority that is not trusted',
		],
		[
			'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
			'the certificate of example.org:8443 is from an authority that is not trusted',
		],
		[
			'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
			'the certificate of example.org:8443 is from an authority that is not trusted, or came without those in between',
		],
		['ERR_SSL_WRONG_VERSION_NUMBER', 'example.org:8443 does not speak TLS'],
		['ERR_SSL_OTHER', 'no TLS with example.org:8443: what happened'],
		['XERR_SSL_OTHER', undefined],
		['ECONNRESET', undefined],
	])('is told by what is wrong with it: %s', (code, message) => {
		expect(describeTls(code, new Error(' what happened\n'), HOST)).toBe(message);
	});

	it.each<[error: Error, whom: string]>([
		[
			wrongName('DNS:a.example, DNS:*.b.example, IP Address:10.0.0.1'),
			', but for a.example, *.b.example, 10.0.0.1',
		],
		[wrongName(), ''],
		[wrongName(1), ''],
		[new Error('x', { cause: new Error('y') }), ''],
		[new Error('x'), ''],
	])('for another name is told with whom it is for: %#', (error, whom) => {
		expect(describeTls('ERR_TLS_CERT_ALTNAME_INVALID', error, HOST)).toBe(
			`the certificate is not for example.org${whom}`,
		);
	});

	it('for another name has no code any more, which undici would take for its own', () => {
		const wrong = Object.assign(new Error('wrong'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
		const other = Object.assign(new Error('other'), { code: 'CERT_HAS_EXPIRED' });

		const hidden = hideNameMismatch(wrong);
		expect(hidden).toMatchObject({ message: 'wrong', cause: wrong });
		expect('code' in hidden).toBe(false);
		expect(hideNameMismatch(other)).toBe(other);
	});

	it('of the server that was seen leaves the client to blame', () => {
		const code = 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE';
		const error = Object.assign(failure('handshake failure'), { serverCertificateSeen: true });

		expect(describeTls(code, error, HOST)).toBe(
			'example.org:8443 asks for a client certificate; give one with --cert and --key',
		);
		expect(describeTls('ERR_SSL_OTHER', error, HOST)).toContain('no TLS with');
	});
});

describe('what ends an exchange', () => {
	it.each<[error: Error, message: string]>([
		[new AttemptTimeoutError(1500), 'not complete within 1.5 s'],
		[new TooSlowError(2999, 30, 100), 'too slow: 99 B/s during the last 30 s, less than 100 B/s'],
		[new ProxyError('p:1', undefined), 'no tunnel'],
		[new ProxyError('p:1', 502), 'the proxy answered 502'],
	])('says by how much: %s', (error, message) => {
		expect(error.message).toBe(message);
	});
});
