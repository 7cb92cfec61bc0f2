/** Version of the format. */
export const STATE_VERSION = 2;

/** The first line of a state file. */
export const STATE_HEADER: string = JSON.stringify({ flagdl: 'state', version: STATE_VERSION });

/** Longer lines are neither written nor read. */
export const STATE_LINE_MAX_BYTES = 16 * 1024;

/** One line of the state: the record of a saved file. */
export interface StateEntry {
	/** Path below the output directory, with `/`. */
	readonly dest: string;
	/** URL of the content; only its path for the bundled server, whose port varies. */
	readonly url: string;
	readonly etag?: string;
	readonly lastModified?: string;
	/** Whether it was saved with its content coding, so that it differs from the decoded file. */
	readonly raw?: true;
	/** A file whose size or time has changed since is fetched again. */
	readonly bytes: number;
	readonly mtimeMs: number;
}

/** @returns The line with its line feed. */
export function toStateLine(entry: StateEntry): string {
	const { dest, url, etag, lastModified, raw, bytes, mtimeMs } = entry;
	return `${JSON.stringify({ dest, url, etag, lastModified, raw, bytes, mtimeMs })}\n`;
}

const BEFORE_DEST = '{"dest":"';
const AFTER_DEST = '","url":"';

/**
 * @param line - Decoded as Latin-1.
 * @returns The destination, still JSON-escaped; undefined if this is not a complete entry.
 */
export function keyOfLine(line: string): string | undefined {
	// Quotation marks within a JSON string are escaped.
	const end = line.startsWith(BEFORE_DEST) && line.endsWith('}') ? line.indexOf(AFTER_DEST) : -1;
	return end === -1 ? undefined : line.slice(BEFORE_DEST.length, end);
}

const ASCII = /^[ -~]*$/;

/** The key of a destination, equal to `keyOfLine` of its line. */
export function keyOf(dest: string): string {
	const written = JSON.stringify(dest).slice(1, -1);
	return ASCII.test(written) ? written : Buffer.from(written).toString('latin1');
}

export function parseEntry(line: string): StateEntry | undefined {
	try {
		const entry = JSON.parse(line) as Readonly<Record<keyof StateEntry, unknown>> | null;
		const isValid =
			typeof entry?.dest === 'string' &&
			typeof entry.url === 'string' &&
			isFieldValue(entry.etag) &&
			isFieldValue(entry.lastModified) &&
			(entry.raw === undefined || entry.raw === true) &&
			typeof entry.bytes === 'number' &&
			typeof entry.mtimeMs === 'number';
		return isValid ? (entry as StateEntry) : undefined;
	} catch {
		return undefined;
	}
}

/** Whether it can be sent as a field value. */
function isFieldValue(value: unknown): boolean {
	return value === undefined || (typeof value === 'string' && /^[ -~\x80-\xff]*$/.test(value));
}
