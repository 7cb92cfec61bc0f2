import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	addDigests,
	DIGEST_ALGORITHMS,
	DIGEST_BYTES,
	hasDigest,
	integrityOf,
	parseDigest,
	parseIntegrity,
} from '../../src/targets/digests.ts';

const digestOf = (algorithm: string, text: string) =>
	createHash(algorithm).update(text).digest('hex');
const algorithms = fc.constantFrom(...DIGEST_ALGORITHMS);

describe('a digest', () => {
	it('is read in any case, and only with its own number of digits', () => {
		fc.assert(
			fc.property(algorithms, algorithms, fc.string(), (algorithm, other, text) => {
				const hex = digestOf(other, text);
				if (other === algorithm) {
					expect(parseDigest(hex.toUpperCase(), algorithm)).toBe(hex);
				} else {
					const name = `SHA-${other.slice(3)}`;
					expect(() => parseDigest(hex, algorithm)).toThrow(`; ${hex.length} digits are a ${name}`);
				}
			}),
		);
	});

	it.each([
		['x'.repeat(63), 'found 63 characters as SHA-256; allowed: 64 hexadecimal digits'],
		[
			`${'a'.repeat(63)}x`,
			'found 64 characters that are not all hexadecimal as SHA-256; allowed: 64 hexadecimal digits',
		],
		[
			`x${'a'.repeat(63)}`,
			'found 64 characters that are not all hexadecimal as SHA-256; allowed: 64 hexadecimal digits',
		],
	])('%s is none, and is not quoted', (text, message) => {
		expect(() => parseDigest(text, 'sha256')).toThrow(new RegExp(`^${message}$`));
		expect(() => parseDigest('x', 'sha512')).toThrow(/allowed: 128 hexadecimal digits$/);
	});

	it('is one if there is any', () => {
		expect(hasDigest({})).toBe(false);
		for (const algorithm of DIGEST_ALGORITHMS) {
			expect(hasDigest({ [algorithm]: 'a' })).toBe(true);
		}
	});

	it('is added to those that are known, unless it is another of the same algorithm', () => {
		const known = { sha256: 'a' };
		addDigests(known, { sha256: 'a', sha512: 'b' }, 'there');

		expect(known).toEqual({ sha256: 'a', sha512: 'b' });
		expect(() => addDigests(known, { sha512: 'c' }, 'there')).toThrow(
			'found the SHA-512 b, but c in there; drop the wrong one',
		);
	});
});

describe('integrity metadata', () => {
	it('is what it was written as, beside weaker and unknown ones', () => {
		fc.assert(
			fc.property(fc.uniqueArray(algorithms, { minLength: 1 }), fc.string(), (all, text) => {
				const items = all.map((name) => integrityOf(name, digestOf(name, text)));
				const strongest = all.toSorted().at(-1) ?? 'sha256';
				const written = `  sha1-AAAA ${items.join('   ')}?opt md5-AAAA\t`;

				expect(parseIntegrity(written)).toStrictEqual({ [strongest]: digestOf(strongest, text) });
			}),
		);
	});

	it.each([
		['sha1-AAAA', 'found only sha1 or md5 as integrity; allowed: sha256-'],
		['xsha1-AAAA', 'found no digest as integrity; allowed: sha256-'],
		['', 'found no digest as integrity'],
		['sha256-AAAA', 'found 3 bytes after sha256- as integrity; allowed: 32, in Base64'],
		[`x${integrityOf('sha256', digestOf('sha256', ''))}`, 'found no digest as integrity'],
		[`${integrityOf('sha256', digestOf('sha256', ''))}!`, 'found no digest as integrity'],
		[
			`${integrityOf('sha384', digestOf('sha384', 'a'))} ${integrityOf('sha384', digestOf('sha384', 'b'))}`,
			'found 2 digests of sha384 as integrity; allowed: one, since a target is one file',
		],
	])('%s is refused', (text, message) => {
		expect(() => parseIntegrity(text)).toThrow(message);
	});

	it('may have the same digest twice', () => {
		const item = integrityOf('sha256', 'ab'.repeat(DIGEST_BYTES.sha256));

		expect(parseIntegrity(`${item} ${item}`)).toEqual({ sha256: 'ab'.repeat(32) });
	});
});
