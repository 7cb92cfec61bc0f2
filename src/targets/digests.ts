import { UsageError } from '../util/errors.ts';
import type { Mutable } from '../util/members.ts';
import { explainInput } from '../util/suggest.ts';
import { plural } from '../util/units.ts';

/** Expected digests of the content, in lower-case hexadecimal. All that are given must match. */
export interface ContentDigests {
	readonly sha256?: string;
	readonly sha384?: string;
	readonly sha512?: string;
}

export type DigestAlgorithm = keyof ContentDigests;

/** Weakest first. */
export const DIGEST_ALGORITHMS = ['sha256', 'sha384', 'sha512'] as const;

export const DIGEST_NAMES = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' } as const;

export const DIGEST_BYTES = { sha256: 32, sha384: 48, sha512: 64 } as const;

/** Whether there is a digest to compare the content with. */
export function hasDigest({ sha256, sha384, sha512 }: ContentDigests): boolean {
	return (sha256 ?? sha384 ?? sha512) !== undefined;
}

/**
 * Parses a digest. Messages do not quote it: a cell of the wrong column may hold a secret.
 *
 * @returns The digest in lower case.
 * @throws {UsageError} If it is not hexadecimal, or its length does not match the algorithm.
 */
export function parseDigest(text: string, algorithm: DigestAlgorithm): string {
	const digits = 2 * DIGEST_BYTES[algorithm];
	if (text.length === digits && /^[0-9a-f]+$/i.test(text)) {
		return text.toLowerCase();
	}
	const found =
		text.length === digits
			? `${digits} characters that are not all hexadecimal`
			: plural(text.length, 'character');
	const other = DIGEST_ALGORITHMS.find((name) => 2 * DIGEST_BYTES[name] === text.length);
	const hint =
		other === undefined || other === algorithm
			? ''
			: `; ${text.length} digits are a ${DIGEST_NAMES[other]}`;
	throw new UsageError(
		explainInput(`${found} as ${DIGEST_NAMES[algorithm]}`, `${digits} hexadecimal digits${hint}`),
	);
}

/**
 * Parses integrity metadata, as in `integrity` of HTML and of npm's lock files: the digest of the strongest
 * algorithm is used, and unknown algorithms are ignored.
 *
 * @throws {UsageError} If there is no supported digest, or several of the strongest algorithm.
 * @see {@link https://www.w3.org/TR/sri-2/#the-integrity-attribute | Subresource Integrity}
 */
export function parseIntegrity(text: string): ContentDigests {
	const found = new Map<DigestAlgorithm, Set<string>>();
	for (const item of text.trim().split(/\s+/)) {
		const [, algorithm, base64 = ''] =
			/^(sha256|sha384|sha512)-([\w+/-]+={0,2})(?:\?.*)?$/i.exec(item) ?? [];
		const known = DIGEST_ALGORITHMS.find((name) => name === algorithm?.toLowerCase());
		if (known === undefined) {
			if (/^(?:sha1|md5)-/i.test(item)) {
				continue;
			}
			throw new UsageError(explainInput('no digest as integrity', ALLOWED_INTEGRITY));
		}
		const digest = Buffer.from(base64, 'base64');
		if (digest.length !== DIGEST_BYTES[known]) {
			const bytes = `${plural(digest.length, 'byte')} after ${known}-`;
			throw new UsageError(
				explainInput(`${bytes} as integrity`, `${DIGEST_BYTES[known]}, in Base64`),
			);
		}
		found.set(known, (found.get(known) ?? new Set()).add(digest.toString('hex')));
	}

	const strongest = DIGEST_ALGORITHMS.findLast((name) => found.has(name));
	if (strongest === undefined) {
		throw new UsageError(explainInput('only sha1 or md5 as integrity', ALLOWED_INTEGRITY));
	}
	const [digest, ...others] = found.get(strongest) ?? [];
	if (others.length > 0) {
		throw new UsageError(
			explainInput(
				`${others.length + 1} digests of ${strongest} as integrity`,
				'one, since a target is one file',
			),
		);
	}
	return { [strongest]: digest };
}

const ALLOWED_INTEGRITY =
	'sha256-, sha384- or sha512- and the digest in Base64, as openssl dgst -binary | base64 prints it';

/** Formats integrity metadata, which lists use for algorithms without a column of their own. */
export function integrityOf(algorithm: DigestAlgorithm, hex: string): string {
	return `${algorithm}-${Buffer.from(hex, 'hex').toString('base64')}`;
}

/**
 * Merges digests from another source.
 *
 * @param source - Name of that source in the message.
 * @throws {UsageError} If two digests of the same algorithm differ.
 */
export function addDigests(
	known: Mutable<ContentDigests>,
	further: ContentDigests,
	source: string,
): void {
	for (const algorithm of DIGEST_ALGORITHMS) {
		const digest = further[algorithm];
		if (digest === undefined) {
			continue;
		}
		if ((known[algorithm] ?? digest) !== digest) {
			throw new UsageError(
				`found the ${DIGEST_NAMES[algorithm]} ${known[algorithm]}, but ${digest} in ${source}; drop the wrong one`,
			);
		}
		known[algorithm] = digest;
	}
}
