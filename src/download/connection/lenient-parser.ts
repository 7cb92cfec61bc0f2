import type { Socket } from 'node:net';
import { quote } from '../../util/text.ts';

/**
 * What is used of undici's parser beyond its documentation: there is one for each connection, in a
 * property of its socket. If something of this is missing, the parser stays as strict as it is.
 */
interface Parser {
	readonly llhttp: Readonly<Record<string, unknown>>;
	readonly ptr: number;
	readonly socket: Socket;
	/** Names and values of the fields so far; the last may be incomplete. */
	readonly headers: readonly Buffer[];
	contentLength: string;
	/** Of the last header so far; 0 once the response is complete. */
	readonly statusCode: number;
	/** The bytes that are being parsed. */
	chunk?: Buffer | undefined;
	execute(chunk: Buffer): void;
	onHeadersComplete(status: number, isUpgrade: boolean, isKeptAlive: boolean): number;
	trackHeader(bytes: number): void;
	createError(code: number, rest: Buffer): Error;
}

/**
 * Of llhttp: folded fields (RFC 9112, section 5.2), lines that end without CR (2.2), and sizes of chunks
 * that are padded. None of it is a danger to a client that sends one request at a time on a connection
 * and passes nothing on.
 */
const SWITCHES = [
	'llhttp_set_lenient_headers',
	'llhttp_set_lenient_optional_cr_before_lf',
	'llhttp_set_lenient_spaces_after_chunk_size',
] as const;

const NEEDS_EOF = 'llhttp_message_needs_eof';

/**
 * Makes the parser of one connection take what curl and browsers take, and say what it refuses.
 *
 * @param socket - With its parser: once undici has connected.
 * @returns Whether the parser is one that this knows.
 */
export function makeLenient(socket: Socket): boolean {
	const symbol = Object.getOwnPropertySymbols(socket).find(isParserSymbol);
	const parser: unknown = symbol && (socket as unknown as Record<symbol, unknown>)[symbol];
	if (!isParser(parser)) {
		return false;
	}
	for (const name of SWITCHES) {
		(parser.llhttp[name] as (pointer: number, isOn: number) => void)(parser.ptr, 1);
	}
	// On this one alone: others in the process may use undici, too.
	Object.assign(parser, OVERRIDDEN);
	return true;
}

const OVERRIDDEN = { execute, onHeadersComplete, trackHeader, createError };

const isParserSymbol = ({ description }: symbol): boolean => description === 'parser';

function isParser(value: unknown): value is Parser {
	if (typeof value !== 'object' || value === null) {
		return false;
	}
	const { llhttp, ptr, headers, contentLength, statusCode } = value as Partial<Parser>;
	const methods = Object.getPrototypeOf(value) as Readonly<Record<string, unknown>>;
	return (
		typeof ptr === 'number' &&
		typeof contentLength === 'string' &&
		typeof statusCode === 'number' &&
		Array.isArray(headers) &&
		[...SWITCHES, NEEDS_EOF].every((name) => typeof llhttp?.[name] === 'function') &&
		Object.keys(OVERRIDDEN).every((name) => typeof methods[name] === 'function')
	);
}

function original(parser: Parser): Parser {
	return Object.getPrototypeOf(parser) as Parser;
}

function execute(this: Parser, chunk: Buffer): void {
	this.chunk = chunk;
	if (this.statusCode < 200) {
		replaceTabs(chunk);
	}
	original(this).execute.call(this, chunk);
	this.chunk = undefined;
}

/**
 * White space round a value may be a TAB (RFC 9112, section 5); llhttp takes none after `Content-Length` and
 * holds `chunked` with one for another coding. Within a value it means no more than a space.
 */
function replaceTabs(chunk: Buffer): void {
	let tab = chunk.indexOf(TAB);
	if (tab === -1) {
		return;
	}
	const end = HEAD.exec(chunk.toString('latin1'))?.[0].length ?? chunk.length;
	for (; tab !== -1 && tab < end; tab = chunk.indexOf(TAB, tab + 1)) {
		chunk[tab] = SPACE;
	}
}

const TAB = 0x09;
const SPACE = 0x20;

/** Interim responses, and the header of the final one. */
const HEAD = /^(?:HTTP\/1\.\d 1\d\d[\s\S]*?\n\r?\n)*[\s\S]*?\n\r?\n/;

/** undici closes a connection that says 100 Continue unasked, and takes every other interim response. */
function onHeadersComplete(
	this: Parser,
	status: number,
	isUpgrade: boolean,
	isKeptAlive: boolean,
): number {
	if (status >= 200 && isUnframed(this) && saysChunked(this.headers)) {
		const message = 'sent with Transfer-Encoding: chunked and another line behind it: not undone';
		this.socket.destroy(new RefusedByParser('transfer_coding', message));
		return -1;
	}
	const taken = status === 100 ? 102 : status;
	return original(this).onHeadersComplete.call(this, taken, isUpgrade, isKeptAlive);
}

/** Each name and each value counts for more than its bytes: many short ones hold up the process, too. */
function trackHeader(this: Parser, bytes: number): void {
	// undici makes an error for each field that comes beyond the limit: thousands in one turn.
	if (!this.socket.destroyed) {
		original(this).trackHeader.call(this, bytes + FIELD_BYTES);
	}
}

const FIELD_BYTES = 16;

/** Whether the parser would take all that comes until the connection ends. */
function isUnframed({ llhttp, ptr }: Parser): boolean {
	return (llhttp[NEEDS_EOF] as (pointer: number) => number)(ptr) === 1;
}

/** It takes `chunked` for another coding if an empty line follows that belongs to it. */
function saysChunked(fields: readonly Buffer[]): boolean {
	return fields.some(
		(name, index) =>
			index % 2 === 0 &&
			/^transfer-encoding$/i.test(name.toString('latin1')) &&
			/(?:^|,)\s*chunked\s*$/i.test(fields[index + 1]?.toString('latin1') ?? ''),
	);
}

/** llhttp's number of the error that the message ended too early: only then is the length in question. */
const INVALID_EOF_STATE = 14;

/** undici says of every error after a Content-Length that the content has another length. */
function createError(this: Parser, code: number, rest: Buffer): Error {
	if (code === INVALID_EOF_STATE) {
		return original(this).createError.call(this, code, rest);
	}
	this.contentLength = '';
	const { message } = original(this).createError.call(this, code, rest);
	const reason = /\(([^()]+)\)$/.exec(message)?.[1] ?? message;
	const chunk = this.chunk ?? rest;
	const line = lineAt(chunk, chunk.length - rest.length, reason);
	const isList = /Content-Length/.test(reason) && rest[0] === COMMA;
	return isList || AMBIGUOUS.test(reason) ? ambiguous(line, this.headers) : notHttp(reason, line);
}

/** What the parser does not take, by its name. */
class RefusedByParser extends Error {
	readonly code: string;

	constructor(code: string, message: string) {
		super(message);
		this.code = code;
	}
}

/** What llhttp says of a length that is there a second time, or beside chunks. */
const AMBIGUOUS = /^Duplicate Content-Length|can't be present/;

const COMMA = 0x2c;

function ambiguous(line: string, fields: readonly Buffer[]): RefusedByParser {
	const found = [...framingFields(fields), line].map(quote).join(' and ');
	const message = `not clear where the content ends: ${found} (RFC 9112, section 6.3)`;
	return new RefusedByParser('ambiguous_framing', message);
}

function notHttp(reason: string, line: string): RefusedByParser {
	const [, notTaken = reason, section] = REASONS.find(([known]) => known.test(reason)) ?? [];
	const where = section === undefined ? 'RFC 9112' : `RFC 9112, section ${section}`;
	return new RefusedByParser('bad_http', `not HTTP: ${notTaken} in ${quote(line)} (${where})`);
}

/** By what llhttp says: what is meant, if that is not clear, and where the standard says how it is to be. */
const REASONS: readonly (readonly [RegExp, string | undefined, string])[] = [
	[/chunk extension/i, 'a chunk extension that is not plain name=value, without spaces,', '7.1.1'],
	[/^Expected LF after chunk size/, 'a chunk size on a line that does not end with CR LF', '7.1'],
	[/chunk/i, undefined, '7.1'],
	[/Content-Length/, undefined, '6.2'],
	[/Transfer-Encoding/, undefined, '6.1'],
	[/LF|CR/, undefined, '2.2'],
	[/header/i, undefined, '5'],
	[/./, undefined, '4'],
];

/** Those before the field at which the parser stopped, whose value is not there yet. */
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

/** The line at which the parser stopped, as far as it has arrived, one character for each byte. */
function lineAt(chunk: Buffer, position: number, reason: string): string {
	// Of a line that ends wrongly it says so at the beginning of the next.
	const isBehind = /^(?:Expected LF after chunk size|Empty)/.test(reason);
	const end = isBehind ? Math.max(0, position - 1) : position;
	const start = end === 0 ? 0 : chunk.lastIndexOf(LF, end - 1) + 1;
	const next = chunk.indexOf(LF, end);
	return chunk
		.toString('latin1', start, Math.min(next === -1 ? chunk.length : next, start + LINE_BYTES))
		.replace(/\r$/, '');
}

const LF = 0x0a;
const LINE_BYTES = 100;
