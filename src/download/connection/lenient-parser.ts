import type { Socket } from 'node:net';
import {
	executeInPieces,
	initialChunkLines,
	type Llhttp,
	OK,
	PAUSED,
	type ParserState,
} from './llhttp-input.ts';
import { RefusedByParser, refusedByParser } from './refused-by-parser.ts';

/**
 * Undocumented members of undici's parser, which is a property of the socket of each connection. If one
 * is missing, the parser stays strict.
 */
interface Parser extends ParserState {
	llhttp: Llhttp;
	readonly ptr: number;
	/** Field names and values so far; the last may be incomplete. */
	readonly headers: readonly Buffer[];
	contentLength: string;
	execute(chunk: Buffer): void;
	onHeadersComplete(status: number, isUpgrade: boolean, isKeptAlive: boolean): number;
	trackHeader(bytes: number): void;
	createError(code: number, rest: Buffer): Error;
}

/**
 * Lenient modes of llhttp: folded fields (RFC 9112, section 5.2), data after an interim response with
 * `Connection: close`, lines that end without CR (2.2), and padded chunk sizes. They are safe for a client
 * that sends one request at a time per connection and forwards nothing.
 */
const LENIENT_SETTERS = [
	'llhttp_set_lenient_headers',
	'llhttp_set_lenient_keep_alive',
	'llhttp_set_lenient_optional_cr_before_lf',
	'llhttp_set_lenient_spaces_after_chunk_size',
] as const;

const REQUIRED_FUNCTIONS = [
	'llhttp_execute',
	'llhttp_get_error_pos',
	'llhttp_resume',
	'llhttp_message_needs_eof',
	...LENIENT_SETTERS,
] as const;

/**
 * Makes the parser of one connection accept what curl and browsers accept, and report what it rejects.
 *
 * @param socket - Has its parser once undici has connected.
 * @returns Whether the parser has the expected members.
 */
export function makeLenient(socket: Socket): boolean {
	const symbol = Object.getOwnPropertySymbols(socket).find(isParserSymbol);
	const parser: unknown = symbol && (socket as unknown as Record<symbol, unknown>)[symbol];
	if (!isParser(parser)) {
		return false;
	}
	for (const name of LENIENT_SETTERS) {
		parser.llhttp[name](parser.ptr, 1);
	}
	// Only on this instance: other code in the process may use undici, too.
	Object.assign(parser, OVERRIDDEN, { llhttp: executeInPieces(parser, parser.llhttp) });
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
		llhttp !== undefined &&
		(llhttp.memory as Partial<Llhttp['memory']> | undefined)?.buffer instanceof ArrayBuffer &&
		REQUIRED_FUNCTIONS.every((name) => typeof llhttp[name] === 'function') &&
		Object.keys(OVERRIDDEN).every((name) => typeof methods[name] === 'function')
	);
}

function original(parser: Parser): Parser {
	return Object.getPrototypeOf(parser) as Parser;
}

function execute(this: Parser, chunk: Buffer): void {
	this.chunk = chunk;
	original(this).execute.call(this, chunk);
	this.chunk = undefined;
}

/** undici closes a connection on an unsolicited 100 Continue, but accepts every other interim response. */
function onHeadersComplete(
	this: Parser,
	status: number,
	isUpgrade: boolean,
	isKeptAlive: boolean,
): number {
	const isChunked = status >= 200 && this.contentLength === '' && hasChunkedCoding(this.headers);
	// llhttp would read until the connection closes.
	if (isChunked && this.llhttp.llhttp_message_needs_eof(this.ptr) === 1) {
		const message = 'sent with Transfer-Encoding: chunked and another line behind it: not undone';
		this.socket.destroy(new RefusedByParser('transfer_coding', message));
		return -1;
	}
	const effectiveStatus = status === 100 ? 102 : status;
	const result = original(this).onHeadersComplete.call(
		this,
		effectiveStatus,
		isUpgrade,
		isKeptAlive,
	);
	this.chunkLines = isChunked ? initialChunkLines() : undefined;
	this.isBeforeChunks = isChunked && result === OK;
	return this.isBeforeChunks ? PAUSED : result;
}

/** Counts a fixed cost for each name and value, because many short ones also block the event loop. */
function trackHeader(this: Parser, bytes: number): void {
	// undici creates an error for each field beyond the limit, thousands in one turn.
	if (!this.socket.destroyed) {
		original(this).trackHeader.call(this, bytes + FIELD_BYTES);
	}
}

const FIELD_BYTES = 16;

/** llhttp mistakes `chunked` for another coding if an empty line follows that is part of the field. */
function hasChunkedCoding(fields: readonly Buffer[]): boolean {
	return fields.some(
		(name, index) =>
			index % 2 === 0 &&
			/^transfer-encoding$/i.test(name.toString('latin1')) &&
			/(?:^|,)\s*chunked\s*$/i.test(fields[index + 1]?.toString('latin1') ?? ''),
	);
}

/** llhttp's error number for a message that ends early; only then is its length wrong. */
const INVALID_EOF_STATE = 14;

/** undici reports every error after a Content-Length as a length mismatch. */
function createError(this: Parser, code: number, rest: Buffer): Error {
	if (code === INVALID_EOF_STATE) {
		return original(this).createError.call(this, code, rest);
	}
	this.contentLength = '';
	const { message } = original(this).createError.call(this, code, rest);
	const reason = /\(([^()]+)\)$/.exec(message)?.[1] ?? message;
	const chunk = this.chunk ?? rest;
	return refusedByParser(reason, chunk, chunk.length - rest.length, this.headers);
}
