import { type Body, FileBody, readBytes } from '../content/body.ts';

/**
 * Changes some bytes that a client cannot check without a digest: never the first or last ones of a
 * file, and of a GIF only colours and data. The same rolls change the same bytes.
 *
 * @param roll - Returns a number from 0 to 1 for each change.
 */
export function corruptBytes(body: Body, count: number, roll: (index: number) => number): Body {
	const spans = corruptibleSpans(body);
	const total = spans.reduce((sum, { length }) => sum + length, 0);
	const positions = new Set<number>();

	for (let index = 0; index < Math.min(count, total); index += 1) {
		let position = Math.floor(roll(index) * total);
		// Changing a byte twice would restore it.
		while (positions.has(position)) {
			position = (position + 1) % total;
		}
		positions.add(position);
	}
	const offsets = Array.from(positions, (position) => offsetOf(spans, position));
	const changed = offsets.map((at) => [at, (readBytes(body, at, at + 1)[0] ?? 0) ^ 0x55] as const);
	if (body instanceof FileBody) {
		return body.withBytes(new Map(changed));
	}
	const copy = Buffer.from(body);
	for (const [at, byte] of changed) {
		copy[at] = byte;
	}
	return copy;
}

interface Span {
	readonly start: number;
	readonly length: number;
}

function offsetOf(spans: readonly Span[], position: number): number {
	let left = position;
	for (const { start, length } of spans) {
		if (left < length) {
			return start + left;
		}
		left -= length;
	}
	return 0;
}

/** Signature and screen size of a GIF, and its trailer. */
const HEAD_BYTES = 13;
const TAIL_BYTES = 1;
/** A larger GIF is not parsed: any byte may change but those at its start and end. */
const MAX_GIF_BYTES = 16 * 1024 * 1024;

function corruptibleSpans(body: Body): Span[] {
	const isGif = readBytes(body, 0, 3).toString() === 'GIF' && body.length <= MAX_GIF_BYTES;
	const spans = isGif ? gifSpans(readBytes(body, 0, body.length)) : [];
	if (spans.length > 0) {
		return spans;
	}
	const start = Math.min(HEAD_BYTES, Math.max(0, body.length - TAIL_BYTES - 1));
	return [{ start, length: Math.max(1, body.length - start - TAIL_BYTES) }];
}

/** Colour tables and data, without block lengths and labels. Empty if the body is not a well-formed GIF. */
function gifSpans(body: Buffer): Span[] {
	const spans: Span[] = [];
	const add = (start: number, length: number) => {
		if (length > 0) {
			spans.push({ start, length });
		}
	};
	const colours = (flagsAt: number, start: number): number => {
		const flags = body[flagsAt] ?? 0;
		const length = (flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1);
		add(start, length);
		return start + length;
	};
	let at = colours(10, HEAD_BYTES);
	while (body[at] === 0x21 || body[at] === 0x2c) {
		at = body[at] === 0x21 ? at + 2 : colours(at + 9, at + 10) + 1;
		for (let length = body[at] ?? 0; length > 0; length = body[at] ?? 0) {
			add(at + 1, length);
			at += 1 + length;
		}
		at += 1;
	}
	return body[at] === 0x3b ? spans : [];
}
