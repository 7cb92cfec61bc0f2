/** Of the format. */
export const STATE_VERSION = 2;

/** The first line of a state file. */
export const STATE_HEADER: string = JSON.stringify({ flagdl: 'state', version: STATE_VERSION });

/** Longer lines are neither written nor read. */
export const STATE_LINE_MAX_BYTES = 16 * 1024;

/** What is remembered of one file: a line of the state. */
export interface StateEntry {
	/** Path below the output directory, with `/`. */
	readonly dest: string;
	/** Where its content came from; of a bundled server, whose port is another each time, the path alone. */
	readonly url: string;
	readonly etag?: string;
	readonly lastModified?: string;
	/** Saved in the content coding that it came in: another file than the decoded one. */
	readonly raw?: true;
	/** A file that was changed since has another size or time, and is fetched anew. */
	readonly bytes: number;
	readonly mtimeMs: number;
}

/** @returns With its end. */
export function toStateLine(entry: StateEntry): string {
	const { dest, url, etag, lastModified, raw, bytes, mtimeMs } = entry;
	return `${JSON.stringify({ dest, url, etag, lastModified, raw, bytes, mtimeMs })}\n`;
}

const BEGIN = '{"dest":"';
const AFTER_DEST = '","url":"';

/**
 * @param line - As Latin-1.
 * @returns The destination as it stands there; undefined if this is no whole entry.
 */
export function keyOfLine(line: string): string | undefined {
	// A quotation mark in a text has a backslash before it.
	const end = line.startsWith(BEGIN) && line.endsWith('}') ? line.indexOf(AFTER_DEST) : -1;
	return end === -1 ? undefined : line.slice(BEGIN.length, end);
}

const ASCII = /^[ -~]*$/;

/** The same of a destination that is looked for, as Latin-1. */
export function keyOf(dest: string): string {
	const written = JSON.stringify(dest).slice(1, -1);
	return ASCII.test(written) ? written : Buffer.from(written).toString('latin1');
}

export function parseEntry(line: string): StateEntry | undefined {
	try {
		const entry = JSON.parse(line) as Readonly<Record<keyof StateEntry, unknown>> | null;
		const isOne =
			typeof entry?.dest === 'string' &&
			typeof entry.url === 'string' &&
			isFieldValue(entry.etag) &&
			isFieldValue(entry.lastModified) &&
			(entry.raw === undefined || entry.raw === true) &&
			typeof entry.bytes === 'number' &&
			typeof entry.mtimeMs === 'number';
		return isOne ? (entry as StateEntry) : undefined;
	} catch {
		return undefined;
	}
}

/** What a header field can have: it is sent as it stands here. */
function isFieldValue(value: unknown): boolean {
	return value === undefined || (typeof value === 'string' && /^[ -~\x80-\xff]*$/.test(value));
}
