import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
	CLASSES,
	DownloadError,
	fileError,
	isOutOfDescriptors,
	isRetryable,
	isTlsFailure,
	isUnreachable,
	LostRace,
	toFailure,
} from '../../src/download/errors.ts';
import type { Outcome } from '../../src/download/outcome.ts';

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
		const reasons = Object.values(CLASSES).map(({ why }) => why);

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
		expect(['EMFILE', 'ENFILE', 'ENOSPC'].map(isOutOfDescriptors)).toEqual([true, true, false]);
	});
});

const target = { id: 'x', index: 0, url: 'http://a/x', dest: '/x' };
const failed = (message: string, cause?: unknown) =>
	new DownloadError(target, message, { code: 'some_code', cause });

describe('a failure', () => {
	it('has code, message and the chain of causes', () => {
		const inner = new Error('inner');
		const error = failed(' on\n two lines ', new Error('outer', { cause: inner }));

		expect(error.name).toBe('DownloadError');
		expect(Object.keys(error)).not.toContain('name');
		expect(toFailure(error)).toEqual({
			...{ code: 'some_code', message: 'on two lines', causes: ['outer', 'inner'] },
		});
		expect(toFailure(failed('alone')).causes).toEqual([]);
		expect(toFailure(failed('of text', 'text')).causes).toEqual([]);
	});

	it('has what was wrong with each address, and no cause without a word', () => {
		const refused = [new Error('connect ECONNREFUSED ::1:1'), 'no error', new Error('another')];
		const all = new AggregateError(refused, '');

		expect(toFailure(failed('x', all)).causes).toEqual(['connect ECONNREFUSED ::1:1', 'another']);
		expect(toFailure(failed('x', new AggregateError([], 'all'))).causes).toEqual(['all']);
		expect(toFailure(failed('x', new Error('', { cause: new Error('y') }))).causes).toEqual(['y']);
	});

	it('is as long as a line, and so are its causes', () => {
		const { message, causes } = toFailure(failed('m'.repeat(999), new Error('c'.repeat(999))));

		expect([message.length, causes[0]?.length]).toEqual([300, 300]);
	});

	it.each([
		[
			'40B7F0A1:error:0A000410:SSL routines:ssl3_read_bytes:alert handshake failure:../ssl.c:15:\n\n',
			'error:0A000410:SSL routines:ssl3_read_bytes:alert handshake failure',
		],
		['see 4:error:1:2:3:4:5', 'see 4:error:1:2:3:4:5'],
		['g:error:1:2:3:4:5', 'g:error:1:2:3:4:5'],
	])('has the words of OpenSSL without its numbers: %j', (text, cause) => {
		expect(toFailure(failed('x', new Error(text))).causes).toEqual([cause]);
	});

	it('comes back as an error from what it was', () => {
		const outcome = { target, failure: { code: 'c', message: 'm', causes: ['a', 'b'] } };
		const error = DownloadError.from({ ...outcome, httpStatus: 500 } as unknown as Outcome);

		expect(error).toMatchObject({ target, code: 'c', message: 'm', httpStatus: 500 });
		expect(error?.cause).toMatchObject({ message: 'a', cause: { message: 'b' } });
		expect((error?.cause as Error | undefined)?.cause).not.toHaveProperty('cause');
		const alone = { ...outcome, failure: { ...outcome.failure, causes: [] } } as unknown as Outcome;
		const bare = DownloadError.from(alone);
		expect(bare?.httpStatus).toBeUndefined();
		expect(bare !== undefined && 'cause' in bare).toBe(false);
		expect(DownloadError.from({ target } as Outcome)).toBeUndefined();
	});
});

describe('what the file system objects to', () => {
	const errorOf = (call: () => unknown): unknown => {
		try {
			return call();
		} catch (error) {
			return error;
		}
	};

	it.each<[call: () => unknown, message: string]>([
		[() => readFileSync('/none, at/all'), 'cannot read /x: no such file or directory'],
		[() => readFileSync('/'), 'cannot read /x: illegal operation on a directory'],
	])('is told with the path, in its words: %s', (call, message) => {
		const cause = errorOf(call);

		const error = fileError(target, 'read', '/x', cause);

		expect(error).toMatchObject({ message, target, cause, code: (cause as { code: string }).code });
	});

	it('is neither a bug nor what was told already', () => {
		const [bug, told] = [new TypeError('a bug'), failed('told')];

		expect(fileError(target, 'read', '/x', bug)).toBe(bug);
		expect(fileError(target, 'read', '/x', told)).toBe(told);
	});
});

it('the loser of a race says so', () => {
	expect(new LostRace(target)).toMatchObject({
		code: 'beaten',
		message: 'another mirror was first',
	});
});
