/**
 * A stream of random numbers that its seed repeats: mulberry32 by Tommy Ettinger, public domain.
 *
 * @returns A function that gives the next, at least 0 and less than 1.
 */
export function randomStream(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = state;
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** A shuffled copy, after Fisher and Yates. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
	const copy = [...items];
	for (let last = copy.length - 1; last > 0; last -= 1) {
		const pick = Math.floor(random() * (last + 1));
		[copy[last], copy[pick]] = [copy[pick] as T, copy[last] as T];
	}
	return copy;
}
