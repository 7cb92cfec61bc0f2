import { InvalidArgumentError } from 'commander';
import { parseWhole } from './parse-whole.ts';

/** Reads `threads,async`. */
export function parseList(text: string): readonly string[] {
	const names = text.split(',').map((name) => name.trim());
	if (names.includes('')) {
		throw new InvalidArgumentError('names separated by commas, such as threads,async');
	}
	return names;
}

/** A parser of whole numbers such as `1,8,32`, each once. */
export function parseWholes(least: number, most: number): (text: string) => readonly number[] {
	const one = parseWhole(least, most);
	return (text) => [...new Set(text.split(',').map((number) => one(number.trim())))];
}
