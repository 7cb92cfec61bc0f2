/**
 * 64 bits of a text, as two unsigned 32-bit integers, the low one first. For finding equal texts
 * in lists too long to hold; not against somebody who wants two texts to be taken for one.
 */
export function hashText(text: string): readonly [number, number] {
	let low = 0x243f6a88;
	let high = 0x85a308d3;
	for (let index = 0; index < text.length; index += 1) {
		const unit = text.charCodeAt(index);
		low = Math.imul(rotate(low, 13) ^ Math.imul(unit, 0x9e3779b1), 0x85ebca77);
		high = Math.imul(rotate(high, 17) ^ Math.imul(unit, 0xc2b2ae3d), 0x27d4eb2f);
	}
	return [avalanche(low ^ rotate(high, 16) ^ text.length), avalanche(high ^ rotate(low, 7))];
}

function rotate(word: number, bits: number): number {
	return (word << bits) | (word >>> (32 - bits));
}

function avalanche(word: number): number {
	const once = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
	const twice = Math.imul(once ^ (once >>> 12), 0x297a2d39);
	return (twice ^ (twice >>> 15)) >>> 0;
}
