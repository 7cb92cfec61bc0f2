import { Problems } from '../util/errors.ts';
import { quote } from '../util/text.ts';
import { TextIndex } from './hash-set.ts';
import { RepeatableFile, readLines } from './list-file.ts';

/** Finds the SHA-256 of a destination, by its path below the output directory, then by its name. */
export type Checksums = (path: string) => string | undefined;

/** `<digest>  name`, `<digest> *name` (binary), one space or a tab; a `\` before it if the name has escapes. */
const GNU = /^(\\?)([0-9a-f]{64})(?: [ *]|[ \t]+\*?)(.+)$/i;
/** `SHA256 (name) = <digest>` (BSD), `SHA2-256(name)= <digest>` (openssl). */
const TAGGED = /^(\\?)SHA(?:2-)?256 ?\((.+)\) ?= ([0-9a-f]{64})$/i;
/** The same of another algorithm. */
const OTHER =
	/^\\?(?:(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{96}|[0-9a-f]{128})[ \t]+\*?.+|[\w/-]+ ?\(.+\) ?= [0-9a-f]+)$/i;

/**
 * Reads a file as `sha256sum`, `shasum --tag` or `openssl dgst` write it, signed by PGP or not. Digests of
 * other algorithms beside SHA-256 are passed over.
 *
 * @param name - What messages call it.
 * @throws {UsageError} With every line that has neither form; or if no line has a SHA-256, but others.
 */
export async function readChecksums(path: string, name: string): Promise<Checksums> {
	const byPath = new DigestTable();
	const byName = new DigestTable();
	const problems = new Problems();
	const signature = new SignedText();
	let others: number | undefined;
	let found = 0;
	for await (const lines of readLines(new RepeatableFile(path, name).read())) {
		for (const line of lines) {
			const text = signature.contentOf('text' in line ? line.text.trimEnd() : '');
			const entry = parseLine(text);
			if (entry !== undefined) {
				found += 1;
				const isNew = byPath.add(entry.file.replace(/^(?:\.\/)+/, ''), entry.digest);
				if (!isNew) {
					const message = `found another SHA-256 of ${quote(entry.file)} than before; drop the wrong one`;
					problems.add(`${name}:${line.number}`, message);
				}
				byName.add(basename(entry.file), entry.digest);
			} else if ('problem' in line) {
				problems.add(`${name}:${line.number}`, line.problem);
			} else if (OTHER.test(text)) {
				others ??= line.number;
			} else if (text !== '' && !text.startsWith('#')) {
				const allowed = '64 hexadecimal digits, two spaces and a name, as sha256sum writes them';
				problems.add(`${name}:${line.number}`, `found ${quote(text)}; allowed: ${allowed}`);
			}
		}
	}
	if (found === 0 && others !== undefined) {
		const message =
			'found digests of another algorithm only; allowed: SHA-256, as sha256sum writes them';
		problems.add(`${name}:${others}`, message);
	}

	problems.throwIfAny();
	return (path) => byPath.get(path) ?? byName.get(basename(path));
}

/** Text that may stand in a PGP signature: RFC 9580, section 7. Nothing proves the signature. */
class SignedText {
	#part: 'text' | 'headers' | 'signature' = 'text';
	#isSigned = false;

	/** @returns Nothing for what belongs to the signature. */
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

function parseLine(text: string): { readonly file: string; readonly digest: string } | undefined {
	const [, escaped, digest, file] = GNU.exec(text) ?? [];
	if (digest !== undefined && file !== undefined) {
		return { file: escaped === '' ? file : unescapeName(file), digest: digest.toLowerCase() };
	}

	const [, isEscaped, tagged, taggedDigest] = TAGGED.exec(text) ?? [];
	return tagged === undefined || taggedDigest === undefined
		? undefined
		: {
				file: isEscaped === '' ? tagged : unescapeName(tagged),
				digest: taggedDigest.toLowerCase(),
			};
}

function unescapeName(file: string): string {
	return file.replace(/\\([\\nr])/g, (_, letter: string) =>
		letter === 'n' ? '\n' : letter === 'r' ? '\r' : '\\',
	);
}

function basename(path: string): string {
	return path.slice(path.lastIndexOf('/') + 1);
}

const DIGEST_BYTES = 32;

/** SHA-256 by name, for a million names in some 60 MB. A name with two digests has none. */
export class DigestTable {
	readonly #names = new TextIndex();
	/** By the number of the name. */
	#digests = new Uint8Array(1024 * DIGEST_BYTES);
	readonly #ambiguous = new Set<number>();

	/**
	 * @param digest - 64 hexadecimal digits.
	 * @returns False if the name has another digest already.
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

		const start = number * DIGEST_BYTES;
		if (start === this.#digests.length) {
			const digests = new Uint8Array(2 * start);
			digests.set(this.#digests);
			this.#digests = digests;
		}
		this.#digests.set(Buffer.from(digest, 'hex'), start);
		return true;
	}

	/** @returns 64 lower-case hexadecimal digits, or `undefined`. */
	get(name: string): string | undefined {
		const number = this.#names.find(name);
		return number === undefined || this.#ambiguous.has(number) ? undefined : this.#digest(number);
	}

	#digest(number: number): string {
		const start = number * DIGEST_BYTES;
		return Buffer.from(this.#digests.buffer, start, DIGEST_BYTES).toString('hex');
	}
}
