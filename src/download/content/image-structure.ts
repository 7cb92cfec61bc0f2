/** Where content ends within the structure of its format. */
export type Extent =
	/** At or after the end that the format marks or declares. */
	| 'whole'
	/** Between two blocks of an image that is complete except for its end marker. */
	| 'between'
	/** Within a segment, chunk or block, or before a required one. */
	| 'inside'
	/** The content does not conform to the structure. */
	| 'unknown';

/** Parses the structure of an image incrementally. */
export interface Structure {
	update(chunk: Buffer): void;
	readonly extent: Extent;
}

/** State of the parser besides its position. */
interface ParserState {
	/** Kind of the next element, specific to the format; initially 0. */
	expects: number;
	/** Whether the last parsed element ends the image. */
	isLast: boolean;
	/** Whether a complete image has been parsed, in a format that is readable without its end marker. */
	hasImage: boolean;
}

/** @returns The length of the element at this offset, `NEEDS_MORE` or `MALFORMED`. */
type ElementLength = (bytes: Buffer, offset: number, state: ParserState) => number;

/** More bytes are needed to determine the length. */
const NEEDS_MORE = 0;
const MALFORMED = -1;

/** Expected after the header and after each block. */
const BLOCK = 1;

const NOTHING = Buffer.alloc(0);

/**
 * Skips from element to element by their lengths, without inspecting their content.
 */
class ElementParser implements Structure {
	readonly #elementLength: ElementLength;
	readonly #state: ParserState = { expects: 0, isLast: false, hasImage: false };
	/** Bytes of the current element that have not been received. */
	#remainingBytes = 0;
	/** The beginning of an element whose length is not known yet. */
	#partial: Buffer = NOTHING;
	#isMalformed = false;

	constructor(elementLength: ElementLength) {
		this.#elementLength = elementLength;
	}

	update(chunk: Buffer): void {
		const bytes = this.#partial.length === 0 ? chunk : Buffer.concat([this.#partial, chunk]);
		this.#partial = NOTHING;
		let offset = this.#remainingBytes;
		while (offset < bytes.length && !this.#state.isLast && !this.#isMalformed) {
			const length = this.#elementLength(bytes, offset, this.#state);
			if (length === NEEDS_MORE) {
				// Copied, so that a few bytes do not retain the whole chunk.
				this.#partial = Buffer.from(bytes.subarray(offset));
				break;
			}
			this.#isMalformed = length === MALFORMED;
			offset += Math.max(0, length);
		}
		this.#remainingBytes = Math.max(0, offset - bytes.length);
	}

	get extent(): Extent {
		if (this.#isMalformed) {
			return 'unknown';
		}
		if (this.#remainingBytes > 0 || this.#partial.length > 0) {
			return 'inside';
		}
		if (this.#state.isLast) {
			return 'whole';
		}
		return this.#state.hasImage && this.#state.expects === BLOCK ? 'between' : 'inside';
	}
}

export const gifStructure = (): Structure => new ElementParser(gifElement);
export const pngStructure = (): Structure => new ElementParser(pngElement);
export const jpegStructure = (): Structure => new ElementParser(jpegElement);
export const webpStructure = (): Structure => new ElementParser(webpElement);

const GIF_EXTENSION_DATA = 2;
const GIF_IMAGE_DATA = 3;

/** @see {@link https://www.w3.org/Graphics/GIF/spec-gif89a.txt | GIF89a, appendix A} */
function gifElement(bytes: Buffer, offset: number, state: ParserState): number {
	const first = bytes[offset];
	switch (state.expects) {
		case 0: {
			const flags = bytes[offset + 10];
			state.expects = flags === undefined ? 0 : BLOCK;
			return flags === undefined ? NEEDS_MORE : 13 + colourTableLength(flags);
		}
		case BLOCK:
			return gifBlock(bytes, offset, state);
		default:
			if (first === 0) {
				state.hasImage ||= state.expects === GIF_IMAGE_DATA;
				state.expects = BLOCK;
			}
			return 1 + (first ?? 0);
	}
}

function gifBlock(bytes: Buffer, offset: number, state: ParserState): number {
	const introducer = bytes[offset];
	if (introducer === 0x2c) {
		const flags = bytes[offset + 9];
		state.expects = flags === undefined ? BLOCK : GIF_IMAGE_DATA;
		// The descriptor, its colour table and the LZW minimum code size.
		return flags === undefined ? NEEDS_MORE : 10 + colourTableLength(flags) + 1;
	}
	if (introducer === 0x21) {
		state.expects = GIF_EXTENSION_DATA;
		return 2;
	}
	state.isLast = introducer === 0x3b;
	// Some encoders pad their blocks with zeros.
	return state.isLast || introducer === 0 ? 1 : MALFORMED;
}

function colourTableLength(flags: number): number {
	return (flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1);
}

/** @see {@link https://www.w3.org/TR/png-3/#5Chunk-layout | PNG, section 5.3} */
function pngElement(bytes: Buffer, offset: number, state: ParserState): number {
	if (state.expects === 0) {
		state.expects = BLOCK;
		return 8;
	}
	if (bytes.length < offset + 8) {
		return NEEDS_MORE;
	}
	const type = bytes.toString('latin1', offset + 4, offset + 8);
	if (!/^[a-z]{4}$/i.test(type)) {
		return MALFORMED;
	}
	state.isLast = type === 'IEND';
	return 8 + bytes.readUInt32BE(offset) + 4;
}

const JPEG_SCAN = 2;

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;

/** @see {@link https://www.w3.org/Graphics/JPEG/itu-t81.pdf | ITU-T T.81, annex B} */
function jpegElement(bytes: Buffer, offset: number, state: ParserState): number {
	if (bytes[offset] !== 0xff) {
		// Entropy-coded data of a scan, or padding between segments, which decoders skip.
		const marker = bytes.indexOf(0xff, offset);
		return (marker === -1 ? bytes.length : marker) - offset;
	}
	const code = bytes[offset + 1];
	if (code === undefined) {
		return NEEDS_MORE;
	}
	if (code === 0xff) {
		return 1;
	}
	const isRestart = code >= 0xd0 && code <= 0xd7;
	if (code === 0 || code === 1 || code === SOI || isRestart) {
		return 2;
	}
	if (code === EOI) {
		state.isLast = state.expects === JPEG_SCAN;
		return state.isLast ? 2 : MALFORMED;
	}
	if (bytes.length < offset + 4) {
		return NEEDS_MORE;
	}
	if (code === SOS) {
		state.expects = JPEG_SCAN;
	}
	return 2 + bytes.readUInt16BE(offset + 2);
}

/**
 * RIFF has no end marker, but declares its size.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9649#section-2.4 | RFC 9649, section 2.4}
 */
function webpElement(bytes: Buffer, offset: number, state: ParserState): number {
	if (bytes.length < offset + 8) {
		return NEEDS_MORE;
	}
	state.isLast = true;
	return 8 + bytes.readUInt32LE(offset + 4);
}
