import { createHash, type Hash, hash } from 'node:crypto';

/** Algorithms of RFC 9530 that are fit for integrity, strongest first. */
const ALGORITHMS = [
	['sha-512', 'sha512'],
	['sha-256', 'sha256'],
] as const;

export interface ExpectedDigest {
	readonly algorithm: 'sha256' | 'sha512';
	/** Base64. */
	readonly value: string;
}

/**
 * Reads `Repr-Digest`.
 *
 * @returns The strongest digest in it; undefined where there is none that counts. A malformed header
 *   is the server's fault and must not fail a download.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9530#section-3 | RFC 9530, section 3}
 */
export function parseReprDigest(header: string | string[] | undefined): ExpectedDigest | undefined {
	if (header === undefined) return undefined;
	const text = String(header);
	for (const [name, algorithm] of ALGORITHMS) {
		const value = new RegExp(`(?:^|,)\\s*${name}=:([A-Za-z0-9+/=]+):`).exec(text)?.[1];
		if (value !== undefined) return { algorithm, value };
	}
	return undefined;
}

/** Digests of content that comes in chunks: only of the algorithms asked for. */
export class Digests {
	readonly #hashes = new Map<string, Hash>();
	readonly #whole = new Map<string, Buffer>();

	constructor(algorithms: Iterable<string>) {
		for (const algorithm of algorithms) this.#hashes.set(algorithm, createHash(algorithm));
	}

	update(chunk: Buffer): void {
		for (const digest of this.#hashes.values()) digest.update(chunk);
	}

	/** Lower-case hexadecimal; undefined where it was not asked for. */
	hex(algorithm: string): string | undefined {
		const done = this.#whole.get(algorithm) ?? this.#hashes.get(algorithm)?.digest();
		if (done !== undefined) this.#whole.set(algorithm, done);
		return done?.toString('hex');
	}
}

/** The digest of content that is all there. */
export function digestHex(algorithm: string, content: Buffer): string {
	return hash(algorithm, content, 'hex');
}

export function base64ToHex(base64: string): string {
	return Buffer.from(base64, 'base64').toString('hex');
}
