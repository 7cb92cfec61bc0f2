import { describe, expect, it } from 'vitest';
import { describeTls } from '../../../src/download/connection/connection-error.ts';

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
