import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';

/** Longer lines are refused: a file without line ends must not be held in memory. */
export const MAX_LINE_BYTES = 65_536;

const CHUNK_BYTES = 262_144;
const LINE_FEED = 10;

/** A line without its end, or what is wrong with it. */
export type Line =
	| { readonly number: number; readonly text: string }
	| { readonly number: number; readonly problem: string };

/**
 * Reads a text file in UTF-8 line by line, a batch for each piece read; a byte order mark is
 * dropped.
 *
 * @throws The system's error, when the file cannot be read.
 */
export async function* readLines(path: string): AsyncGenerator<readonly Line[], void, undefined> {
	let number = 0;
	let rest: Buffer = Buffer.alloc(0);
	let tooLong = false;
	const lineOf = (bytes: Buffer): Line => {
		number += 1;
		const line = tooLong ? refused(number) : decode(bytes, number);
		tooLong = false;
		return line;
	};

	const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
	for await (const chunk of file as AsyncIterable<Buffer>) {
		const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
		const lines: Line[] = [];
		let start = 0;
		for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
			lines.push(lineOf(bytes.subarray(start, end)));
			start = end + 1;
		}

		rest = bytes.subarray(start);
		if (rest.length > MAX_LINE_BYTES) {
			tooLong = true;
			rest = Buffer.alloc(0);
		}
		yield lines;
	}

	if (rest.length > 0 || tooLong) {
		yield [lineOf(rest)];
	}
}

function decode(bytes: Buffer, number: number): Line {
	if (bytes.length > MAX_LINE_BYTES) {
		return refused(number);
	}

	const text = bytes.toString('utf8');
	if (text.includes('\ufffd') && !isUtf8(bytes)) {
		return { number, problem: 'found bytes that are not UTF-8; save the list as UTF-8' };
	}
	return { number, text: number === 1 ? text.replace(/^\ufeff/, '') : text };
}

function refused(number: number): Line {
	return {
		number,
		problem: `found a line of more than ${MAX_LINE_BYTES} bytes; allowed: one target a line`,
	};
}
