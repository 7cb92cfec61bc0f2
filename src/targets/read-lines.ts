import { isUtf8 } from 'node:buffer';

/** Longer lines are refused: a file without line ends must not be held in memory. */
export const MAX_LINE_BYTES = 65_536;

const LINE_FEED = 10;
/** A character that is two units long in UTF-16 takes four bytes, any other at most three. */
const MAX_BYTES_PER_UNIT = 3;

/** A line without its end, or what is wrong with it. */
export type Line =
	| { readonly number: number; readonly text: string }
	| { readonly number: number; readonly problem: string };

/**
 * Takes a text in UTF-8 apart into lines, a batch for each piece of it; a byte order mark is
 * dropped.
 */
export async function* readLines(
	pieces: AsyncIterable<Buffer>,
): AsyncGenerator<readonly Line[], void, undefined> {
	let number = 0;
	let rest: Buffer = Buffer.alloc(0);
	let tooLong = false;

	for await (const piece of pieces) {
		const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
		const end = bytes.lastIndexOf(LINE_FEED);
		if (end !== -1) {
			const lines = linesOf(bytes.subarray(0, end), number + 1);
			if (tooLong) {
				lines[0] = refused(number + 1);
			}
			tooLong = false;
			number += lines.length;
			yield lines;
		}

		rest = bytes.subarray(end + 1);
		if (rest.length > MAX_LINE_BYTES) {
			tooLong = true;
			rest = Buffer.alloc(0);
		}
	}

	if (rest.length > 0 || tooLong) {
		yield [tooLong ? refused(number + 1) : decode(rest, number + 1)];
	}
}

/** Decodes all lines at once: most lists are UTF-8 throughout. */
function linesOf(bytes: Buffer, firstNumber: number): Line[] {
	const text = bytes.toString('utf8');
	if (text.includes('\ufffd')) {
		return splitBytes(bytes).map((line, index) => decode(line, firstNumber + index));
	}
	const lines: Line[] = [];
	let number = firstNumber;
	for (const line of text.split('\n')) {
		lines.push(
			line.length * MAX_BYTES_PER_UNIT > MAX_LINE_BYTES && Buffer.byteLength(line) > MAX_LINE_BYTES
				? refused(number)
				: { number, text: number === 1 ? withoutMark(line) : line },
		);
		number += 1;
	}
	return lines;
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

function decode(bytes: Buffer, number: number): Line {
	if (bytes.length > MAX_LINE_BYTES) {
		return refused(number);
	}

	const text = bytes.toString('utf8');
	if (text.includes('\ufffd') && !isUtf8(bytes)) {
		return { number, problem: 'found bytes that are not UTF-8; save the list as UTF-8' };
	}
	return { number, text: number === 1 ? withoutMark(text) : text };
}

function withoutMark(text: string): string {
	return text.replace(/^\ufeff/, '');
}

function refused(number: number): Line {
	return {
		number,
		problem: `found a line of more than ${MAX_LINE_BYTES} bytes; allowed: one target a line`,
	};
}
