import type { Socket } from 'node:net';

/** State of undici's parser, with members added here. */
export interface ParserState {
	readonly socket: Socket;
	/** Status code of the latest header; 0 once the response is complete. */
	readonly statusCode: number;
	/** The bytes being parsed. */
	chunk?: Buffer | undefined;
	/** Only for a chunked response. */
	chunkLines?: ChunkLines | undefined;
	/** Whether llhttp pauses before the first chunk. */
	isBeforeChunks?: boolean;
}

/** The WebAssembly exports. A pointer is an offset in their memory. */
export interface Llhttp {
	readonly memory: { readonly buffer: ArrayBuffer };
	llhttp_execute(pointer: number, start: number, length: number): number;
	llhttp_get_error_pos(pointer: number): number;
	llhttp_resume(pointer: number): void;
	llhttp_message_needs_eof(pointer: number): number;
	llhttp_set_lenient_headers(pointer: number, isOn: number): void;
	llhttp_set_lenient_keep_alive(pointer: number, isOn: number): void;
	llhttp_set_lenient_optional_cr_before_lf(pointer: number, isOn: number): void;
	llhttp_set_lenient_spaces_after_chunk_size(pointer: number, isOn: number): void;
}

/** Returned by llhttp if a callback returned it. */
export const PAUSED = 21;
export const OK = 0;

/**
 * Wraps llhttp to execute its input in pieces, so that llhttp finds the ends of headers and chunks. Bytes that it
 * would reject are replaced in its copy of the next piece.
 */
export function executeInPieces(parser: ParserState, llhttp: Llhttp): Llhttp {
	const execute = (pointer: number, start: number, length: number): number => {
		if (parser.statusCode < 200) {
			hideIdentity(Buffer.from(llhttp.memory.buffer, start, length));
		}
		for (let at = start; ; ) {
			const isHead = parser.statusCode < 200;
			const lines = isHead ? undefined : parser.chunkLines;
			if (!isHead && lines === undefined) {
				return llhttp.llhttp_execute(pointer, at, start + length - at);
			}
			const linesBefore = lines && { ...lines };
			const bytes = Buffer.from(llhttp.memory.buffer, at, start + length - at);
			const count = lines ? blankExtensions(lines, bytes) : replaceTabs(parser, bytes);
			const result = executePiece(llhttp, pointer, bytes.subarray(0, count), lines?.isBare);
			if (result === PAUSED && parser.isBeforeChunks === true) {
				parser.isBeforeChunks = false;
				at = llhttp.llhttp_get_error_pos(pointer);
				llhttp.llhttp_resume(pointer);
				continue;
			}
			if (result === PAUSED && lines !== undefined) {
				// undici passes the bytes that llhttp has not consumed again.
				Object.assign(lines, linesBefore);
				blankExtensions(lines, bytes.subarray(0, llhttp.llhttp_get_error_pos(pointer) - at));
			}
			at += count;
			if (result !== OK || count === bytes.length || parser.socket.destroyed) {
				return result;
			}
		}
	};
	return Object.create(llhttp, { llhttp_execute: { value: execute } }) as Llhttp;
}

/**
 * `Transfer-Encoding: identity` means that there is no coding (RFC 2616, section 3.6), and so does an empty
 * value. llhttp would read until the connection closes, and rejects a length beside it, so the field is
 * renamed in llhttp's copy of the input. undici reads fields and content from the original.
 */
function hideIdentity(bytes: Buffer): void {
	for (const { index } of bytes.toString('latin1', 0, IDENTITY_WITHIN).matchAll(IDENTITY)) {
		bytes[index + 1] = LETTER_X;
	}
}

/** Larger headers are rare, and so is the field. */
const IDENTITY_WITHIN = 4096;
const IDENTITY = /\ntransfer-encoding:[\t ]*(?:identity)?[\t ]*\r?\n(?![\t ])/gi;
const LETTER_X = 0x78;

function executePiece(llhttp: Llhttp, pointer: number, piece: Buffer, isBare = false): number {
	const { byteOffset, length } = piece;
	if (!isBare) {
		return llhttp.llhttp_execute(pointer, byteOffset, length);
	}
	piece[length - 1] = CR;
	const result = llhttp.llhttp_execute(pointer, byteOffset, length);
	piece[length - 1] = LF;
	return result === OK ? llhttp.llhttp_execute(pointer, byteOffset + length - 1, 1) : result;
}

/**
 * Whitespace around a value may be a TAB (RFC 9112, section 5). llhttp rejects it after `Content-Length`, and
 * mistakes `chunked` with a TAB for another coding. Within a value a TAB is equivalent to a space.
 *
 * @param bytes - The rest of the input. If it starts with a TAB, its first line belongs to a header.
 * @returns The number of bytes before the next TAB, which may be content.
 */
function replaceTabs({ chunk }: ParserState, bytes: Buffer): number {
	let tab = bytes.indexOf(TAB);
	if (tab === 0) {
		const lineEnd = bytes.indexOf(LF);
		// undici reads the values from here.
		const given = chunk?.subarray(chunk.length - bytes.length);
		for (; tab !== -1 && (tab < lineEnd || lineEnd === -1); tab = bytes.indexOf(TAB, tab)) {
			bytes[tab] = SPACE;
			given?.fill(SPACE, tab, tab + 1);
		}
	}
	return tab === -1 ? bytes.length : tab;
}

/** Position of the parser in a chunked body. */
export interface ChunkLines {
	/** Remaining bytes of the chunk. */
	left: number;
	/** Value of the hexadecimal digits of the line so far. */
	size: number | undefined;
	/** After the semicolon. */
	isExtension: boolean;
	/** Whether the previous byte was a CR. */
	hasCr: boolean;
	/** Whether the last line had a size but no CR. */
	isBare: boolean;
	/** Trailers follow. */
	isLast: boolean;
}

export function initialChunkLines(): ChunkLines {
	return {
		left: 0,
		size: undefined,
		isExtension: false,
		hasCr: false,
		isBare: false,
		isLast: false,
	};
}

/**
 * llhttp rejects whitespace in chunk extensions (RFC 9112, section 7.1.1). Extensions have no meaning here, so
 * they are overwritten with spaces.
 *
 * @returns The number of bytes processed: up to the end of a line without CR (2.2), or all.
 */
function blankExtensions(lines: ChunkLines, bytes: Buffer): number {
	lines.isBare = false;
	for (let at = 0; at < bytes.length && !lines.isLast; at += 1) {
		if (lines.left > 0) {
			const skipped = Math.min(lines.left, bytes.length - at);
			lines.left -= skipped;
			at += skipped - 1;
		} else if (bytes[at] === LF) {
			if (endLine(lines)) {
				return at + 1;
			}
		} else {
			bytes[at] = readByte(lines, bytes[at] ?? 0);
		}
	}
	return bytes.length;
}

/**
 * A line without a size ends the previous chunk.
 *
 * @returns Whether the line has a size but no CR.
 */
function endLine(lines: ChunkLines): boolean {
	const { size, hasCr } = lines;
	const isBare = size !== undefined && !hasCr;
	Object.assign(lines, initialChunkLines(), { left: size ?? 0, isBare, isLast: size === 0 });
	return isBare;
}

/** @returns The byte to pass to llhttp. */
function readByte(lines: ChunkLines, byte: number): number {
	lines.hasCr = byte === CR;
	lines.isExtension ||= byte === SEMICOLON && lines.size !== undefined;
	if (lines.isExtension) {
		return byte === CR ? CR : SPACE;
	}
	const digit = Number.parseInt(String.fromCharCode(byte), 16);
	if (!Number.isNaN(digit)) {
		lines.size = (lines.size ?? 0) * 16 + digit;
	}
	return byte;
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const SEMICOLON = 0x3b;
