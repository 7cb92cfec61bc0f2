import type { Socket } from 'node:net';
import {
	type Llhttp,
	OK,
	PAUSED,
	type ParserState,
	startOfChunks,
	withPieces,
} from './llhttp-input.ts';
import { RefusedByParser, refusedByParser } from './refused-by-parser.ts';

/**
 * What is used of undici's parser beyond its documentation: there is one for each connection, in a
 * property of its socket. If something of this is missing, the parser stays as strict as it is.
 */
interface Parser extends ParserState {
	llhttp: Llhttp;
	readonly ptr: number;
	/** Names and values of the fields so far; the last may be incomplete. */
	readonly headers: readonly Buffer[];
	contentLength: string;
	execute(chunk: Buffer): void;
	onHeadersComplete(status: number, isUpgrade: boolean, isKeptAlive: boolean): number;
	trackHeader(bytes: number): void;
	createError(code: number, rest: Buffer): Error;
}

/**
 * Of llhttp: folded fields (RFC 9112, section 5.2), what follows an interim response that announces a
 * close, lines that end without CR (2.2), and sizes of chunks that are padded. None of it is a danger to a
 * client that sends one request at a time on a connection and passes nothing on.
 */
const SWITCHES = [
	'llhttp_set_lenient_headers',
	'llhttp_set_lenient_keep_alive',
	'llhttp_set_lenient_optional_cr_before_lf',
	'llhttp_set_lenient_spaces_after_chunk_size',
] as const;

const USED = [
	'llhttp_execute',
	'llhttp_get_error_pos',
	'llhttp_resume',
	'llhttp_message_needs_eof',
	...SWITCHES,
] as const;

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
		parser.llhttp[name](parser.ptr, 1);
	}
	// On this one alone: others in the process may use undici, too.
	Object.assign(parser, OVERRIDDEN, { llhttp: withPieces(parser, parser.llhttp) });
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
		USED.every((name) => typeof llhttp[name] === 'function') &&
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

/** undici closes a connection that says 100 Continue unasked, and takes every other interim response. */
function onHeadersComplete(
	this: Parser,
	status: number,
	isUpgrade: boolean,
	isKeptAlive: boolean,
): number {
	const isChunked = status >= 200 && this.contentLength === '' && saysChunked(this.headers);
	// llhttp would take all that comes until the connection ends.
	if (isChunked && this.llhttp.llhttp_message_needs_eof(this.ptr) === 1) {
		const message = 'sent with Transfer-Encoding: chunked and another line behind it: not undone';
		this.socket.destroy(new RefusedByParser('transfer_coding', message));
		return -1;
	}
	const taken = status === 100 ? 102 : status;
	const result = original(this).onHeadersComplete.call(this, taken, isUpgrade, isKeptAlive);
	this.chunkLines = isChunked ? startOfChunks() : undefined;
	this.isBeforeChunks = isChunked && result === OK;
	return this.isBeforeChunks ? PAUSED : result;
}

/** Each name and each value counts for more than its bytes: many short ones hold up the process, too. */
function trackHeader(this: Parser, bytes: number): void {
	// undici makes an error for each field that comes beyond the limit: thousands in one turn.
	if (!this.socket.destroyed) {
		original(this).trackHeader.call(this, bytes + FIELD_BYTES);
	}
}

const FIELD_BYTES = 16;

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
	return refusedByParser(reason, chunk, chunk.length - rest.length, this.headers);
}
