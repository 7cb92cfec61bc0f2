/**
 * Changes some bytes, always the same ones for the same draws, and only such as a client cannot check
 * without a digest: never the first or last of a file, and of a GIF only colours and data.
 *
 * @param roll - A number from 0 to 1 for each change.
 */
export function corruptBytes(body: Buffer, count: number, roll: (index: number) => number): Buffer {
	const places = uncheckablePlaces(body);
	const changed = Buffer.from(body);
	const taken = new Set<number>();

	for (let index = 0; index < Math.min(count, places.length); index += 1) {
		let place = Math.floor(roll(index) * places.length);
		// The same byte changed twice would be as it was.
		while (taken.has(place)) {
			place = (place + 1) % places.length;
		}
		taken.add(place);
		const at = places[place] ?? 0;
		changed[at] = (changed[at] ?? 0) ^ 0x55;
	}
	return changed;
}

/** Signature and screen size of a GIF, and its trailer. */
const HEAD_BYTES = 13;
const TAIL_BYTES = 1;

function uncheckablePlaces(body: Buffer): number[] {
	const places = body.subarray(0, 3).toString() === 'GIF' ? gifPlaces(body) : [];
	if (places.length > 0) {
		return places;
	}
	const first = Math.min(HEAD_BYTES, Math.max(0, body.length - TAIL_BYTES - 1));
	return range(first, Math.max(1, body.length - first - TAIL_BYTES));
}

/** Colours and data: neither the lengths that lead through a GIF nor what they lead to. */
function gifPlaces(body: Buffer): number[] {
	const places: number[] = [];
	const colours = (flagsAt: number, start: number): number => {
		const flags = body[flagsAt] ?? 0;
		const length = (flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1);
		places.push(...range(start, length));
		return start + length;
	};
	let at = colours(10, HEAD_BYTES);
	while (body[at] === 0x21 || body[at] === 0x2c) {
		at = body[at] === 0x21 ? at + 2 : colours(at + 9, at + 10) + 1;
		for (let length = body[at] ?? 0; length > 0; length = body[at] ?? 0) {
			places.push(...range(at + 1, length));
			at += 1 + length;
		}
		at += 1;
	}
	// What follows is the trailer; or it is no GIF after all.
	return body[at] === 0x3b ? places : [];
}

function range(start: number, length: number): number[] {
	return Array.from({ length }, (_, index) => start + index);
}
