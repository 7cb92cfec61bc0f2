import type { Country } from './countries-data.ts';
import { searchCountries } from './countries-search.ts';

export const PROMPT = '?> ';

const LINES_PER_PART = 64;

/**
 * The answer to one query, in parts of at most 64 lines: a line for each match, a status line, and
 * the prompt for the next query. To a blank query there is nothing but the prompt.
 *
 * Only a line of a match has TABs in it, for no query has any.
 */
export function* finderAnswer(query: string): Generator<string> {
	const lines = query.trim() === '' ? [] : answerLines(query);

	let start = 0;
	for (; start + LINES_PER_PART < lines.length; start += LINES_PER_PART) {
		yield lines.slice(start, start + LINES_PER_PART).join('');
	}
	yield `${lines.slice(start).join('')}${PROMPT}`;
}

function answerLines(query: string): string[] {
	const found = searchCountries(query);
	return [...found.map(matchLine), `${statusOf(found.length, query)}\n`];
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
