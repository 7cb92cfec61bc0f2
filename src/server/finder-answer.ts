import type { Country } from './countries-data.ts';
import { searchCountries } from './countries-search.ts';

const LINES_PER_PART = 64;

/**
 * The answer to one query, in parts of at most 64 lines: a line for each match, and a status line.
 *
 * Only a line of a match has TABs in it, for no query has any.
 */
export function* finderAnswer(query: string): Generator<string> {
	const found = searchCountries(query);

	for (let start = 0; start < found.length; start += LINES_PER_PART) {
		yield found
			.slice(start, start + LINES_PER_PART)
			.map(matchLine)
			.join('');
	}
	yield `${statusOf(found.length, query)}\n`;
}

function matchLine({ iso_cc, country, capital }: Country): string {
	return `${iso_cc}\t${country}\t${capital ?? ''}\n`;
}

function statusOf(count: number, query: string): string {
	if (count === 0) {
		return `No match for '${query}'`;
	}
	return count === 1 ? `1 match for '${query}'` : `${count} matches for '${query}'`;
}
