/** Where content ends, seen along the structure of its format. */
export type Extent =
	/** At or after the end that the format marks or announces. */
	| 'whole'
	/** Between two parts of an image that needs no more of them; only the end marker is missing. */
	| 'between'
	/** Within a segment, chunk or block, or before what an image must have. */
	| 'inside'
	/** It left the structure before: nothing can be said. */
	| 'unknown';

/** Follows the structure of an image while its bytes go by. */
export interface Structure {
	update(chunk: Buffer): void;
	readonly extent: Extent;
}

/** What a walk knows besides its position. */
interface Walk {
	/** What the next element is; each format has its own numbers, and begins with 0. */
	expects: number;
	/** Whether the element that was found last is the end of the image. */
	isLast: boolean;
	/** Whether there has been a whole image in it, and its format does not need the end marker. */
	hasImage: boolean;
}

/** @returns The length of the element at this place; or `MORE`, or `LOST`. */
type ElementLength = (bytes: Buffer, at: number, walk: Walk) => number;

/** The bytes that are there do not tell the length. */
const MORE = 0;
const LOST = -1;

/** What a walk expects after the beginning, and after each block. */
const BLOCK = 1;

const NOTHING = Buffer.alloc(0);

/**
 * Goes from element to element by their lengths, and looks at nothing else: what decoders make of the
 * content of an element is not its concern.
 */
class ElementWalk implements Structure {
	readonly #elementLength: ElementLength;
	readonly #walk: Walk = { expects: 0, isLast: false, hasImage: false };
	/** Of the current element, still to come. */
	#missingBytes = 0;
	/** Beginning of an element of which more must be seen. */
	#begun: Buffer = NOTHING;
	#isLost = false;

	constructor(elementLength: ElementLength) {
		this.#elementLength = elementLength;
	}

	update(chunk: Buffer): void {
		const bytes = this.#begun.length === 0 ? chunk : Buffer.concat([this.#begun, chunk]);
		this.#begun = NOTHING;
		let at = this.#missingBytes;
		while (at < bytes.length && !this.#walk.isLast && !this.#isLost) {
			const length = this.#elementLength(bytes, at, this.#walk);
			if (length === MORE) {
				// Copied, so that a few bytes do not keep the whole chunk alive.
				this.#begun = Buffer.from(bytes.subarray(at));
				break;
			}
			this.#isLost = length === LOST;
			at += Math.max(0, length);
		}
		this.#missingBytes = Math.max(0, at - bytes.length);
	}

	get extent(): Extent {
		if (this.#isLost) {
			return 'unknown';
		}
		if (this.#missingBytes > 0 || this.#begun.length > 0) {
			return 'inside';
		}
		if (this.#walk.isLast) {
			return 'whole';
		}
		return this.#walk.hasImage && this.#walk.expects === BLOCK ? 'between' : 'inside';
	}
}

export const gifStructure = (): Structure => new ElementWalk(gifElement);
export const pngStructure = (): Structure => new ElementWalk(pngElement);
export const jpegStructure = (): Structure => new ElementWalk(jpegElement);
export const webpStructure = (): Structure => new ElementWalk(webpElement);

const GIF_EXTENSION_DATA = 2;
const GIF_IMAGE_DATA = 3;

/** @see {@link https://www.w3.org/Graphics/GIF/spec-gif89a.txt | GIF89a, appendix A} */
function gifElement(bytes: Buffer, at: number, walk: Walk): number {
	const first = bytes[at];
	switch (walk.expects) {
		case 0: {
			const flags = bytes[at + 10];
			walk.expects = flags === undefined ? 0 : BLOCK;
			return flags === undefined ? MORE : 13 + colourTableLength(flags);
		}
		case BLOCK:
			return gifBlock(bytes, at, walk);
		default:
			if (first === 0) {
				walk.hasImage ||= walk.expects === GIF_IMAGE_DATA;
				walk.expects = BLOCK;
			}
			return 1 + (first ?? 0);
	}
}

function gifBlock(bytes: Buffer, at: number, walk: Walk): number {
	const introducer = bytes[at];
	if (introducer === 0x2c) {
		const flags = bytes[at + 9];
		walk.expects = flags === undefined ? BLOCK : GIF_IMAGE_DATA;
		// The descriptor, its colours, and the size of the codes in the data.
		return flags === undefined ? MORE : 10 + colourTableLength(flags) + 1;
	}
	if (introducer === 0x21) {
		walk.expects = GIF_EXTENSION_DATA;
		return 2;
	}
	walk.isLast = introducer === 0x3b;
	// Some encoders pad their blocks with zeros.
	return walk.isLast || introducer === 0 ? 1 : LOST;
}

function colourTableLength(flags: number): number {
	return (flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1);
}

/** @see {@link https://www.w3.org/TR/png-3/#5Chunk-layout | PNG, section 5.3} */
function pngElement(bytes: Buffer, at: number, walk: Walk): number {
	if (walk.expects === 0) {
		walk.expects = BLOCK;
		return 8;
	}
	if (bytes.length < at + 8) {
		return MORE;
	}
	const type = bytes.toString('latin1', at + 4, at + 8);
	if (!/^[a-z]{4}$/i.test(type)) {
		return LOST;
	}
	walk.isLast = type === 'IEND';
	return 8 + bytes.readUInt32BE(at) + 4;
}

const JPEG_SCAN = 2;

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;

/** @see {@link https://www.w3.org/Graphics/JPEG/itu-t81.pdf | ITU-T T.81, annex B} */
function jpegElement(bytes: Buffer, at: number, walk: Walk): number {
	if (bytes[at] !== 0xff) {
		// The content of a scan; or what decoders skip between segments.
		const marker = bytes.indexOf(0xff, at);
		return (marker === -1 ? bytes.length : marker) - at;
	}
	const code = bytes[at + 1];
	if (code === undefined) {
		return MORE;
	}
	if (code === 0xff) {
		return 1;
	}
	const isRestart = code >= 0xd0 && code <= 0xd7;
	if (code === 0 || code === 1 || code === SOI || isRestart) {
		return 2;
	}
	if (code === EOI) {
		walk.isLast = walk.expects === JPEG_SCAN;
		return walk.isLast ? 2 : LOST;
	}
	if (bytes.length < at + 4) {
		return MORE;
	}
	if (code === SOS) {
		walk.expects = JPEG_SCAN;
	}
	return 2 + bytes.readUInt16BE(at + 2);
}

/**
 * RIFF has no end marker, but it announces its size.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9649#section-2.4 | RFC 9649, section 2.4}
 */
function webpElement(bytes: Buffer, at: number, walk: Walk): number {
	if (bytes.length < at + 8) {
		return MORE;
	}
	walk.isLast = true;
	return 8 + bytes.readUInt32LE(at + 4);
}
