import { InvalidArgumentError } from 'commander';

/** A parser of whole numbers between two others, both allowed. What it throws says what is allowed. */
export function parseWhole(least: number, most: number): (text: string) => number {
	return (text) => {
		const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
		if (!(number >= least && number <= most)) {
			throw new InvalidArgumentError(`a whole number from ${least} to ${most}`);
		}
		return number;
	};
}
