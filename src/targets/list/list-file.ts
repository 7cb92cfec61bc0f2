import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { CannotRunError, isSystemError, systemReason, UsageError } from '../../util/errors.ts';
import { explainInput } from '../../util/suggest.ts';

const PIECE_BYTES = 65_536;

/**
 * A file that yields the same bytes on every read, or fails, so that the validated content is the content
 * that is used. The first read stops at the size the file had when it was opened; later reads stop there,
 * too, and compare the checksum of each piece before they yield it.
 */
export class RepeatableFile {
	readonly #path: string;
	readonly #name: string;
	/** CRC-32 of each piece. */
	readonly #checksums: number[] = [];
	#bytes = 0;
	#isRead = false;

	/** @param name - Name of the file in messages. */
	constructor(path: string, name: string) {
		this.#path = path;
		this.#name = name;
	}

	/**
	 * @throws {UsageError} If the first read fails.
	 * @throws {CannotRunError} If a later read fails, or the file has changed.
	 */
	async *read(): AsyncGenerator<Buffer, void, undefined> {
		const again = this.#isRead;
		this.#isRead = true;
		try {
			yield* again ? this.#readAgain() : this.#readFirst();
		} catch (error) {
			if (error instanceof CannotRunError || !isSystemError(error)) {
				throw error;
			}
			if (!again) {
				throw new UsageError(`cannot read ${this.#name}: ${systemReason(error)}`, { cause: error });
			}
			const message = `cannot read ${this.#name} again, after it has been checked: ${systemReason(error)}`;
			throw new CannotRunError(message, { cause: error });
		}
	}

	async *#readFirst(): AsyncGenerator<Buffer, void, undefined> {
		const { crc32 } = await import('node:zlib');
		const file = await open(this.#path);
		try {
			const { size } = await file.stat();
			// Virtual files such as those in /proc report a size of 0.
			const endBytes = size === 0 ? Number.POSITIVE_INFINITY : size;
			while (this.#bytes < endBytes) {
				const piece = await readPiece(file, this.#bytes, endBytes);
				if (piece.length === 0) {
					return;
				}
				this.#checksums.push(crc32(piece));
				this.#bytes += piece.length;
				yield piece;
			}
		} finally {
			await file.close();
		}
	}

	async *#readAgain(): AsyncGenerator<Buffer, void, undefined> {
		const { crc32 } = await import('node:zlib');
		const file = await open(this.#path);
		try {
			for (const [index, checksum] of this.#checksums.entries()) {
				const startBytes = index * PIECE_BYTES;
				const piece = await readPiece(file, startBytes, this.#bytes);
				if (crc32(piece) !== checksum) {
					throw new CannotRunError(
						`${this.#name} has changed since it was checked, at byte ${startBytes + 1} or after; only lines may be appended to it. Run the command again`,
					);
				}
				yield piece;
			}
		} finally {
			await file.close();
		}
	}
}

/** Fills a whole piece unless the file ends; a single read may return less. */
async function readPiece(file: FileHandle, startBytes: number, endBytes: number): Promise<Buffer> {
	const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, endBytes - startBytes));
	let filled = 0;
	while (filled < piece.length) {
		const { bytesRead } = await file.read(
			piece,
			filled,
			piece.length - filled,
			startBytes + filled,
		);
		if (bytesRead === 0) {
			break;
		}
		filled += bytesRead;
	}
	return piece.subarray(0, filled);
}

/** Longer lines are refused, so that a file without line breaks is not held in memory. */
export const MAX_LINE_BYTES = 65_536;

const LINE_FEED = 10;
/** UTF-8 bytes per UTF-16 code unit: at most three; a surrogate pair takes four. */
const MAX_BYTES_PER_UNIT = 3;

/** A line without its line break, or the problem with it. */
export type Line =
	| { readonly number: number; readonly text: string }
	| { readonly number: number; readonly problem: string };

/**
 * Splits UTF-8 text into lines, with a batch for each piece; drops a byte order mark. Lines are created as
 * they are pulled, because a whole batch of objects would outlive V8's young generation.
 */
export async function* readLines(
	pieces: AsyncIterable<Buffer>,
): AsyncGenerator<Iterable<Line>, void, undefined> {
	let number = 0;
	let rest: Buffer = Buffer.alloc(0);
	let tooLong = false;

	for await (const piece of pieces) {
		const foreign = number === 0 && rest.length === 0 ? foreignFormat(piece) : undefined;
		if (foreign !== undefined) {
			yield [{ number: 1, problem: foreign }];
			return;
		}
		const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
		const end = bytes.lastIndexOf(LINE_FEED);
		if (end !== -1) {
			const lines = split(bytes.subarray(0, end));
			yield linesOf(lines, number + 1, tooLong);
			tooLong = false;
			number += lines.length;
		}

		rest = bytes.subarray(end + 1);
		if (rest.length > MAX_LINE_BYTES) {
			tooLong = true;
			rest = Buffer.alloc(0);
		}
	}

	if (rest.length > 0 || tooLong) {
		yield [tooLong ? refused(number + 1) : lineOf(rest, number + 1)];
	}
}

/** File formats that are mistaken for lists, by their first bytes, and how to turn each into a list. */
const FOREIGN_FORMATS: readonly (readonly [start: string, found: string, allowed: string])[] = [
	['\xff\xfe', 'text in UTF-16', 'UTF-8, as iconv -f UTF-16 -t UTF-8 writes it'],
	['\xfe\xff', 'text in UTF-16', 'UTF-8, as iconv -f UTF-16 -t UTF-8 writes it'],
	['\x1f\x8b', 'a file compressed by gzip', 'its text, as gunzip -c writes it'],
	['PK\x03\x04', 'a ZIP archive or a spreadsheet', 'text, such as a table saved as CSV'],
];

function foreignFormat(piece: Buffer): string | undefined {
	const start = piece.toString('latin1', 0, 4);
	const format = FOREIGN_FORMATS.find(([beginning]) => start.startsWith(beginning));
	return format && explainInput(format[1], format[2]);
}

/** Decodes all lines at once: most lists are UTF-8 throughout. */
function split(bytes: Buffer): readonly (string | Buffer)[] {
	const text = bytes.toString('utf8');
	return text.includes('\ufffd') ? splitBytes(bytes) : text.split('\n');
}

function* linesOf(
	lines: readonly (string | Buffer)[],
	firstNumber: number,
	isFirstTooLong: boolean,
): Generator<Line, void, undefined> {
	for (const [index, line] of lines.entries()) {
		const number = firstNumber + index;
		yield isFirstTooLong && index === 0 ? refused(number) : lineOf(line, number);
	}
}

function splitBytes(bytes: Buffer): Buffer[] {
	const lines: Buffer[] = [];
	let start = 0;
	for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
		lines.push(bytes.subarray(start, end));
		start = end + 1;
	}
	return [...lines, bytes.subarray(start)];
}

function lineOf(line: string | Buffer, number: number): Line {
	// Most lines are far below the limit, so their bytes need not be counted.
	if (
		line.length * MAX_BYTES_PER_UNIT > MAX_LINE_BYTES &&
		Buffer.byteLength(line) > MAX_LINE_BYTES
	) {
		return refused(number);
	}
	const text = line.toString();
	if (typeof line !== 'string' && !isUtf8(line)) {
		return { number, problem: 'found bytes that are not UTF-8; save the list as UTF-8' };
	}
	return { number, text: number === 1 ? text.replace(/^\ufeff/, '') : text };
}

function refused(number: number): Line {
	return {
		number,
		problem: explainInput(`a line of more than ${MAX_LINE_BYTES} bytes`, 'one target a line'),
	};
}
