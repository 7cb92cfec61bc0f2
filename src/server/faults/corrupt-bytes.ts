import { type Body, FileBody, readBytes } from '../content/body.ts';

/**
 * Changes some bytes, always the same ones for the same draws, and only such as a client cannot check
 * without a digest: never the first or last of a file, and of a GIF only colours and data.
 *
 * @param roll - A number from 0 to 1 for each change.
 */
export function corruptBytes(body: Body, count: number, roll: (index: number) => number): Body {
	const places = uncheckablePlaces(body);
	const total = places.reduce((sum, { length }) => sum + length, 0);
	const taken = new Set<number>();

	for (let index = 0; index < Math.min(count, total); index += 1) {
		let place = Math.floor(roll(index) * total);
		// The same byte changed twice would be as it was.
		while (taken.has(place)) {
			place = (place + 1) % total;
		}
		taken.add(place);
	}
	const offsets = Array.from(taken, (place) => offsetOf(places, place));
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

/** Consecutive bytes. */
interface Span {
	readonly start: number;
	readonly length: number;
}

function offsetOf(spans: readonly Span[], place: number): number {
	let left = place;
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
/** A larger GIF is corrupted anywhere but at its start and end. */
const MAX_GIF_BYTES = 16 * 1024 * 1024;

function uncheckablePlaces(body: Body): Span[] {
	const isGif = readBytes(body, 0, 3).toString() === 'GIF' && body.length <= MAX_GIF_BYTES;
	const places = isGif ? gifPlaces(readBytes(body, 0, body.length)) : [];
	if (places.length > 0) {
		return places;
	}
	const start = Math.min(HEAD_BYTES, Math.max(0, body.length - TAIL_BYTES - 1));
	return [{ start, length: Math.max(1, body.length - start - TAIL_BYTES) }];
}

/** Colours and data: neither the lengths that lead through a GIF nor what they lead to. */
function gifPlaces(body: Buffer): Span[] {
	const places: Span[] = [];
	const add = (start: number, length: number) => {
		if (length > 0) {
			places.push({ start, length });
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
	// What follows is the trailer; or it is no GIF after all.
	return body[at] === 0x3b ? places : [];
}
