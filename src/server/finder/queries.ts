import { codePointName } from '../../util/text.ts';

/** Something in the bytes of a client that ends its connection; the message is for the client. */
export class FinderViolation extends Error {
	static {
		Object.defineProperty(FinderViolation.prototype, 'name', { value: 'FinderViolation' });
	}
}

/** Longest line, its end not counted. */
const MAX_LINE_BYTES = 1024;

const LF = 0x0a;
const CR = 0x0d;

/**
 * The lines of a client, without their ends (LF or CR LF); what follows the last end is a line too.
 *
 * Faults show as soon as their bytes are there, not when the line ends: a client that sends for ever
 * without an end costs no more memory than one line, and Ctrl-C in a terminal is noticed.
 *
 * @throws {FinderViolation} At a control character, a line that is too long, or invalid UTF-8.
 */
export async function* readQueries(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
	let rest = Buffer.alloc(0);
	for await (const chunk of chunks) {
		rest = Buffer.concat([rest, chunk]);
		for (let end = rest.indexOf(LF); end !== -1; end = rest.indexOf(LF)) {
			yield lineOf(rest.subarray(0, end), true);
			rest = rest.subarray(end + 1);
		}
		lineOf(rest, false);
	}
	if (rest.length > 0) {
		yield lineOf(rest, true);
	}
}

const CONTROL_CHARACTER = /\p{Cc}/u;

/** @param isWhole - Whether its last character is. */
function lineOf(bytes: Buffer, isWhole: boolean): string {
	// A CR is the last byte of its line, or else a control character.
	const line = bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes;
	const isTooLong = line.length > MAX_LINE_BYTES;
	const text = decode(line.subarray(0, MAX_LINE_BYTES), isTooLong || !isWhole);
	const control = CONTROL_CHARACTER.exec(text)?.[0];
	if (control !== undefined) {
		const name = codePointName(control);
		throw new FinderViolation(`a query may not have control characters, but there was ${name}`);
	}
	if (isTooLong) {
		throw new FinderViolation(`a line may have at most ${MAX_LINE_BYTES} bytes`);
	}
	return text;
}

/** @param stream - Whether more may follow. */
function decode(bytes: Buffer, stream: boolean): string {
	try {
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream });
	} catch {
		throw new FinderViolation('a query must be valid UTF-8');
	}
}
