import { quote } from '../../util/text.ts';

/** The parser rejected a response. */
export class RefusedByParser extends Error {
	readonly code: string;

	constructor(code: string, message: string) {
		super(message);
		this.code = code;
	}
}

/**
 * @param reason - The message of llhttp.
 * @param chunk - The bytes being parsed.
 * @param position - Where in `chunk` the parser stopped.
 * @param fields - Field names and values so far.
 */
export function refusedByParser(
	reason: string,
	chunk: Buffer,
	position: number,
	fields: readonly Buffer[],
): RefusedByParser {
	const line = lineAt(chunk, position, reason);
	const isList = /Content-Length/.test(reason) && chunk[position] === COMMA;
	return isList || AMBIGUOUS.test(reason) ? ambiguous(line, fields) : notHttp(reason, line);
}

const COMMA = 0x2c;

/** Messages of llhttp for a second length, or a length together with chunks. */
const AMBIGUOUS = /^Duplicate Content-Length|can't be present/;

function ambiguous(line: string, fields: readonly Buffer[]): RefusedByParser {
	const found = [...framingFields(fields), line].map(quote).join(' and ');
	const message = `not clear where the content ends: ${found} (RFC 9112, section 6.3)`;
	return new RefusedByParser('ambiguous_framing', message);
}

function notHttp(reason: string, line: string): RefusedByParser {
	const [, what = reason, section] = REASONS.find(([known]) => known.test(reason)) ?? OTHER;
	const message = `not HTTP: ${what} in ${quote(line)} (RFC 9112, section ${section})`;
	return new RefusedByParser('bad_http', message);
}

/** By message of llhttp: a clearer message, if needed, and the section of RFC 9112. */
const REASONS: readonly Reason[] = [
	[/^Expected LF after chunk size/, 'a chunk size on a line that does not end with CR LF', '7.1'],
	[/chunk/i, undefined, '7.1'],
	[/Content-Length/, undefined, '6.2'],
	[/Transfer-Encoding/, undefined, '6.1'],
	[/LF|CR/, undefined, '2.2'],
	[/header/i, undefined, '5'],
];

const OTHER: Reason = [/./, undefined, '4'];

type Reason = readonly [reason: RegExp, what: string | undefined, section: string];

/** Framing fields before the one at which the parser stopped, whose value is incomplete. */
function framingFields(fields: readonly Buffer[]): string[] {
	const found: string[] = [];
	for (let index = 0; index + 1 < fields.length - (fields.length % 2 === 0 ? 2 : 0); index += 2) {
		const name = fields[index]?.toString('latin1') ?? '';
		if (/^(?:content-length|transfer-encoding)$/i.test(name)) {
			found.push(`${name}: ${fields[index + 1]?.toString('latin1') ?? ''}`);
		}
	}
	return found;
}

/** The line at which the parser stopped, as far as received, as Latin-1. */
function lineAt(chunk: Buffer, position: number, reason: string): string {
	// llhttp reports a wrong line end at the beginning of the next line.
	const isReportedLate = /^(?:Expected LF after chunk size|Empty)/.test(reason);
	const end = isReportedLate ? Math.max(0, position - 1) : position;
	const start = end === 0 ? 0 : chunk.lastIndexOf(LF, end - 1) + 1;
	const next = chunk.indexOf(LF, end);
	return chunk
		.toString('latin1', start, Math.min(next === -1 ? chunk.length : next, start + LINE_BYTES))
		.replace(/\r$/, '');
}

const LF = 0x0a;
const LINE_BYTES = 100;
