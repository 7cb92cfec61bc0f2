import { Problems } from '../util/errors.ts';
import type { Mutable } from '../util/members.ts';
import { explainInput } from '../util/suggest.ts';
import { quote } from '../util/text.ts';
import {
	type ContentDigests,
	DIGEST_ALGORITHMS,
	DIGEST_BYTES,
	DIGEST_NAMES,
	type DigestAlgorithm,
} from './digests.ts';
import { TextIndex } from './hash-set.ts';
import { RepeatableFile, readLines } from './list/list-file.ts';

/** Looks up the digests of a destination by its path below the output directory (in NFC), then by its name. */
export type Checksums = (path: string) => ContentDigests;

/** `<digest>  name`, `<digest> *name` (binary), one space or a tab; a `\` before it if the name has escapes. */
const GNU = /^[ \t]*(\\?)([0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})(?: [ *]|[ \t]+\*?)(.+)$/i;
/** `SHA256 (name) = <digest>` (BSD), `SHA2-256(name)= <digest>` (openssl). */
const TAGGED = /^[ \t]*(\\?)SHA(?:2-)?(256|384|512) ?\((.+)\)[ \t]*=[ \t]*([0-9a-f]+)$/i;
/** The same formats with another algorithm. */
const OTHER_ALGORITHM =
	/^[ \t]*\\?(?:(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56})[ \t]+\*?.+|(?!SHA(?:2-)?(?:256|384|512) ?\()[\w/-]+ ?\(.+\)[ \t]*=[ \t]*[0-9a-f]+)$/i;

const ALLOWED = 'SHA-256, SHA-384 or SHA-512, as sha256sum and sha512sum write them';

/**
 * Reads a file written by `sha256sum`, `sha512sum`, `shasum --tag` or `openssl dgst`, with or without a PGP
 * signature. Digests of other algorithms are ignored if there is a supported one.
 *
 * @param name - Name of the file in messages.
 * @throws {UsageError} Lists every invalid line; also thrown if all digests are of other algorithms.
 */
export async function readChecksums(path: string, name: string): Promise<Checksums> {
	const tables = new ChecksumTables();
	const problems = new Problems();
	const signature = new SignedText();
	let otherAlgorithmLine: number | undefined;
	for await (const lines of readLines(new RepeatableFile(path, name).read())) {
		for (const line of lines) {
			const text = signature.contentOf('text' in line ? line.text.trimEnd() : '');
			const entry = parseLine(text);
			if (entry !== undefined) {
				if (!tables.add(entry)) {
					const kind = DIGEST_NAMES[entry.algorithm];
					const message = `found another ${kind} of ${quote(entry.file)} than before; drop the wrong one`;
					problems.add(`${name}:${line.number}`, message);
				}
			} else if ('problem' in line) {
				problems.add(`${name}:${line.number}`, line.problem);
			} else if (OTHER_ALGORITHM.test(text)) {
				otherAlgorithmLine ??= line.number;
			} else if (text !== '' && !text.startsWith('#')) {
				const allowed =
					'64, 96 or 128 hexadecimal digits, two spaces and a name, as sha256sum and sha512sum write them';
				problems.add(`${name}:${line.number}`, explainInput(quote(text), allowed));
			}
		}
	}
	if (tables.isEmpty && otherAlgorithmLine !== undefined) {
		problems.add(
			`${name}:${otherAlgorithmLine}`,
			explainInput('digests of another algorithm only', ALLOWED),
		);
	}

	problems.throwIfAny();
	return (path) => tables.find(path);
}

/** A parsed line. */
interface Checksum {
	readonly file: string;
	readonly algorithm: DigestAlgorithm;
	readonly digest: string;
}

/** Digests of each algorithm, by path and by name. */
class ChecksumTables {
	readonly #tables = new Map<DigestAlgorithm, Record<'byPath' | 'byName', DigestTable>>();

	get isEmpty(): boolean {
		return this.#tables.size === 0;
	}

	/** @returns False if the file already has a different digest of this algorithm. */
	add({ file, algorithm, digest }: Checksum): boolean {
		let table = this.#tables.get(algorithm);
		if (table === undefined) {
			const bytes = DIGEST_BYTES[algorithm];
			table = { byPath: new DigestTable(bytes), byName: new DigestTable(bytes) };
			this.#tables.set(algorithm, table);
		}
		const path = file.normalize('NFC').replace(/^(?:\.\/)+/, '');
		table.byName.add(basename(path), digest);
		return table.byPath.add(path, digest);
	}

	find(path: string): ContentDigests {
		const found: Mutable<ContentDigests> = {};
		for (const [algorithm, { byPath, byName }] of this.#tables) {
			const digest = byPath.get(path) ?? byName.get(basename(path));
			if (digest !== undefined) {
				found[algorithm] = digest;
			}
		}
		return found;
	}
}

/** Strips the cleartext signature framework of PGP (RFC 9580, section 7). The signature is not verified. */
class SignedText {
	#part: 'text' | 'headers' | 'signature' = 'text';
	#isSigned = false;

	/** @returns An empty string for lines that belong to the signature. */
	contentOf(line: string): string {
		if (line === '-----BEGIN PGP SIGNED MESSAGE-----') {
			this.#part = 'headers';
			this.#isSigned = true;
			return '';
		}
		if (line === '-----BEGIN PGP SIGNATURE-----') {
			this.#part = 'signature';
			return '';
		}
		if (this.#part !== 'text') {
			const isLast =
				this.#part === 'headers' ? line === '' : line === '-----END PGP SIGNATURE-----';
			this.#part = isLast ? 'text' : this.#part;
			return '';
		}
		return this.#isSigned ? line.replace(/^- /, '') : line;
	}
}

function parseLine(text: string): Checksum | undefined {
	const [, escaped, digest, file] = GNU.exec(text) ?? [];
	if (digest !== undefined && file !== undefined) {
		return checksum(escaped, file, digest);
	}

	const [, isEscaped, bits, tagged, taggedDigest] = TAGGED.exec(text) ?? [];
	return tagged === undefined || taggedDigest?.length !== Number(bits) / 4
		? undefined
		: checksum(isEscaped, tagged, taggedDigest);
}

function checksum(escaped: string | undefined, file: string, hex: string): Checksum | undefined {
	const algorithm = DIGEST_ALGORITHMS.find((name) => 2 * DIGEST_BYTES[name] === hex.length);
	const digest = hex.toLowerCase();
	return algorithm && { file: escaped === '' ? file : unescapeName(file), algorithm, digest };
}

function unescapeName(file: string): string {
	return file.replace(/\\([\\nr])/g, (_, letter: string) =>
		letter === 'n' ? '\n' : letter === 'r' ? '\r' : '\\',
	);
}

function basename(path: string): string {
	return path.slice(path.lastIndexOf('/') + 1);
}

/** Digests by name; a million SHA-256 digests take some 60 MB. A name with two different digests has none. */
export class DigestTable {
	readonly #names = new TextIndex();
	/** Indexed by the number of the name. */
	#digests: Uint8Array<ArrayBuffer>;
	readonly #ambiguous = new Set<number>();
	readonly #bytes: number;

	/** @param bytes - Length of each digest. */
	constructor(bytes: number) {
		this.#bytes = bytes;
		this.#digests = new Uint8Array(1024 * bytes);
	}

	/**
	 * @param digest - Lower-case hexadecimal.
	 * @returns False if the name already has a different digest.
	 */
	add(name: string, digest: string): boolean {
		const count = this.#names.length;
		const number = this.#names.add(name);
		if (number < count) {
			if (this.#digest(number) === digest) {
				return true;
			}
			this.#ambiguous.add(number);
			return false;
		}

		const start = number * this.#bytes;
		if (start === this.#digests.length) {
			const digests = new Uint8Array(2 * start);
			digests.set(this.#digests);
			this.#digests = digests;
		}
		this.#digests.set(Buffer.from(digest, 'hex'), start);
		return true;
	}

	/** @returns Lower-case hexadecimal, or `undefined`. */
	get(name: string): string | undefined {
		const number = this.#names.find(name);
		return number === undefined || this.#ambiguous.has(number) ? undefined : this.#digest(number);
	}

	#digest(number: number): string {
		const start = number * this.#bytes;
		return Buffer.from(this.#digests.buffer, start, this.#bytes).toString('hex');
	}
}
