import { createHash, type Hash, hash } from 'node:crypto';

/** Algorithms of RFC 9530 that are fit for integrity, strongest first. */
const ALGORITHMS = [
	{ name: 'sha-512', algorithm: 'sha512', bytes: 64 },
	{ name: 'sha-256', algorithm: 'sha256', bytes: 32 },
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
export function parseReprDigest(header: string | undefined): ExpectedDigest | undefined {
	if (header === undefined) {
		return undefined;
	}
	for (const { name, algorithm, bytes } of ALGORITHMS) {
		const member = new RegExp(`(?:^|,)[ \\t]*${name}=:([A-Za-z0-9+/]+={0,2}):[ \\t]*(?:[;,]|$)`);
		const value = member.exec(header)?.[1];
		if (value !== undefined && Buffer.from(value, 'base64').length === bytes) {
			return { algorithm, value };
		}
	}
	return undefined;
}

/** Digests of content that comes in chunks: only of the algorithms asked for. */
export class Digests {
	bytes = 0;
	readonly #hashes = new Map<string, Hash>();
	readonly #whole = new Map<string, Buffer>();

	constructor(algorithms: Iterable<string>) {
		for (const algorithm of algorithms) {
			this.#hashes.set(algorithm, createHash(algorithm));
		}
	}

	update(chunk: Buffer): void {
		this.bytes += chunk.length;
		for (const digest of this.#hashes.values()) {
			digest.update(chunk);
		}
	}

	/** Lower-case hexadecimal; undefined if it was not asked for. */
	digestHex(algorithm: string): string | undefined {
		const done = this.#whole.get(algorithm) ?? this.#hashes.get(algorithm)?.digest();
		if (done !== undefined) {
			this.#whole.set(algorithm, done);
		}
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
