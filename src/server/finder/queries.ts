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
const DEL = 0x7f;
const SPACE = 0x20;

/**
 * The lines of a client, without their ends (LF or CR LF); what follows the last end is a line too.
 *
 * Most faults show as soon as their byte is there, not when the line ends: a client that sends for
 * ever without an end costs no more memory than one line, and Ctrl-C in a terminal is noticed.
 *
 * @throws {FinderViolation} At a control character, a line that is too long, or invalid UTF-8.
 */
export async function* readQueries(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
	const line = Buffer.alloc(MAX_LINE_BYTES + 1);
	let length = 0;

	for await (const chunk of chunks) {
		for (const byte of chunk) {
			if (byte === LF) {
				yield decode(line.subarray(0, length));
				length = 0;
				continue;
			}

			// A CR is the last byte of its line, or else a control character.
			if (line[length - 1] === CR && length > 0) {
				throw controlCharacter(CR);
			}
			if ((byte < SPACE && byte !== CR) || byte === DEL) {
				throw controlCharacter(byte);
			}
			if (isNeverInUtf8(byte)) {
				throw invalidUtf8();
			}
			if (length === MAX_LINE_BYTES && byte !== CR) {
				throw new FinderViolation(`a line may have at most ${MAX_LINE_BYTES} bytes`);
			}

			line[length] = byte;
			length += 1;
		}
	}

	if (length > 0) {
		yield decode(line.subarray(0, length));
	}
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const CONTROL_CHARACTER = /\p{Cc}/u;

function decode(line: Buffer): string {
	const bytes = line.at(-1) === CR ? line.subarray(0, -1) : line;
	let text: string;
	try {
		text = utf8.decode(bytes);
	} catch {
		throw invalidUtf8();
	}

	const control = CONTROL_CHARACTER.exec(text)?.[0];
	if (control !== undefined) {
		throw controlCharacter(control.charCodeAt(0));
	}
	return text;
}

// Too long an encoding, or beyond Unicode; telnet's commands begin so.
function isNeverInUtf8(byte: number): boolean {
	return byte === 0xc0 || byte === 0xc1 || byte >= 0xf5;
}

function invalidUtf8(): FinderViolation {
	return new FinderViolation('a query must be valid UTF-8');
}

function controlCharacter(code: number): FinderViolation {
	const name = codePointName(String.fromCodePoint(code));
	return new FinderViolation(`a query may not have control characters, but there was ${name}`);
}
