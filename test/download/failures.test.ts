import { describe, expect, it } from 'vitest';
import {
	failureClasses,
	isPressure,
	isRetryable,
	isTlsFailure,
	isUnreachable,
} from '../../src/download/errors.ts';

describe('the table of failures', () => {
	it.each([408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524])(
		'tries %i again',
		(status) => {
			expect(isRetryable(`http_${status}`)).toBe(true);
		},
	);

	it.each([400, 401, 403, 404, 405, 410, 418, 451, 501, 505])('does not try %i again', (status) => {
		expect(isRetryable(`http_${status}`)).toBe(false);
	});

	it.each([
		'ECONNREFUSED',
		'ECONNRESET',
		'EAI_AGAIN',
		'connect_timeout',
		'stalled',
		'truncated',
		'digest_mismatch',
		'bad_image',
	])('tries %s again', (code) => {
		expect(isRetryable(code)).toBe(true);
	});

	it.each([
		'CERT_HAS_EXPIRED',
		'ENOSPC',
		'redirect_loop',
		'headers_overflow',
		'too_large',
		'ENOTFOUND',
		'what else',
	])('does not try %s again', (code) => {
		expect(isRetryable(code)).toBe(false);
	});

	it('has a reason for each entry', () => {
		const reasons = Object.values(failureClasses()).map(({ why }) => why);

		expect(reasons.length).toBeGreaterThan(40);
		expect(reasons.filter((why) => !/^\S+ \S+/.test(why) && why !== '--if-exists fail')).toEqual(
			[],
		);
	});

	it('tells what concerns an origin from what concerns a target', () => {
		const origin = ['ECONNREFUSED', 'ENOTFOUND', 'connect_timeout', 'CERT_HAS_EXPIRED'];
		const target = ['ECONNRESET', 'stalled', 'http_500', 'truncated'];

		expect(origin.map(isUnreachable)).toEqual(origin.map(() => true));
		expect(target.map(isUnreachable)).toEqual(target.map(() => false));
	});

	it('knows failures of TLS, and pressure', () => {
		const tls = [
			'ERR_TLS_CERT_ALTNAME_INVALID',
			'SELF_SIGNED_CERT_IN_CHAIN',
			'DEPTH_ZERO_SELF_SIGNED_CERT',
		];

		expect([...tls, 'ECONNRESET'].map(isTlsFailure)).toEqual([true, true, true, false]);
		expect(['EMFILE', 'ENFILE', 'ENOSPC'].map(isPressure)).toEqual([true, true, false]);
	});
});
