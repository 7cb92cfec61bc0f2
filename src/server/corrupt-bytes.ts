/** Signature and screen size of a GIF, and its trailer: what a client can check without a digest. */
const HEAD_BYTES = 13;
const TAIL_BYTES = 1;

/**
 * Changes some bytes, always the same ones for the same draws, and never the first or last of a file.
 *
 * @param roll - A number from 0 to 1 for each change.
 */
export function corruptBytes(body: Buffer, count: number, roll: (index: number) => number): Buffer {
	const first = Math.min(HEAD_BYTES, Math.max(0, body.length - TAIL_BYTES - 1));
	const places = Math.max(1, body.length - first - TAIL_BYTES);
	const changed = Buffer.from(body);
	const taken = new Set<number>();

	for (let index = 0; index < Math.min(count, places); index += 1) {
		let place = Math.floor(roll(index) * places);
		// The same byte changed twice would be as it was.
		while (taken.has(place)) {
			place = (place + 1) % places;
		}
		taken.add(place);
		const at = first + place;
		changed[at] = (changed[at] ?? 0) ^ 0x55;
	}
	return changed;
}
