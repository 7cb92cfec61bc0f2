/** A colour for each name, the same in every figure: the number of a class. */
export type Colours = (name: string) => number;

/** Light and dark, of enough contrast on their ground; in the order in which names get them. */
export const PALETTE: readonly (readonly [string, string])[] = [
	['#5c6b80', '#9fb0c6'],
	['#d9480f', '#ff9a4d'],
	['#1971c2', '#5cb3ff'],
	['#2b8a3e', '#5fd07a'],
	['#9c36b5', '#dc8bf0'],
	['#8f6a00', '#f0c445'],
	['#0b7285', '#4fd0e0'],
	['#c2255c', '#ff8fb3'],
];

const RESERVED = ['sequential', 'threads', 'async'];

/** The strategies keep theirs from page to page; others take the next one. */
export function coloursOf(names: Iterable<string>): Colours {
	const others = [...new Set(names)].filter((name) => !RESERVED.includes(name));
	const all = [...RESERVED, ...others];
	return (name) => Math.max(0, all.indexOf(name)) % PALETTE.length;
}
