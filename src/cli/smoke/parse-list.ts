import { InvalidArgumentError } from 'commander';
import { parseWhole } from '../values/parse-whole.ts';

/** Reads `threads,async`: each name once. */
export function parseList(text: string): readonly string[] {
	const names = text.split(',').map((name) => name.trim());
	if (names.includes('')) {
		throw new InvalidArgumentError('Allowed are names with commas between them: threads,async.');
	}
	return [...new Set(names)];
}

/** A parser of whole numbers with commas between them: `1,8,32`. */
export function parseWholes(least: number, most: number): (text: string) => readonly number[] {
	const one = parseWhole(least, most);
	return (text) => [...new Set(text.split(',').map((number) => one(number.trim())))];
}
