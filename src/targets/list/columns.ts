import { didYouMean, explainInput, suggest } from '../../util/suggest.ts';
import { quote } from '../../util/text.ts';
import { targetFieldName } from '../header-field.ts';
import { MEMBER_NAMES, type Members, problemOf } from './members.ts';

/** Columns that are members of a target; each header field has a column of its own. */
const COLUMN_NAMES = MEMBER_NAMES.filter((name) => name !== 'headers');
const HEADER_PREFIX = 'header.';
const MIN_KNOWN = 2;

const DELIMITERS = [',', '\t', ';'] as const;

/** The line that names the columns of a list. */
export interface Header {
	readonly delimiter: string;
	/** In lower case. */
	readonly names: readonly string[];
}

/** @returns Undefined if the first line of a list does not name columns. */
export function parseHeader(text: string): Header | undefined {
	if (text.trimStart().startsWith('{')) {
		return undefined;
	}
	for (const delimiter of DELIMITERS) {
		const names = namesIn(text, delimiter);
		// A destination may be called url, a target may not.
		const isHeader =
			names[0] === 'url' ||
			names.filter(isKnown).length >= MIN_KNOWN ||
			(delimiter !== '\t' && !text.includes('/'));
		if (names.includes('url') && isHeader) {
			return { delimiter, names };
		}
	}
	return undefined;
}

/** Why a list that starts with this line cannot contain targets, if that is certain. */
export function whyNoList(text: string): string | undefined {
	if (text.trimStart().startsWith('[')) {
		return explainInput('an array of JSON', "an object on each line, as jq -c '.[]' writes them");
	}
	const names = DELIMITERS.map((delimiter) => namesIn(text, delimiter)).find(
		([first = '', ...others]) => isKnown(first) && others.some(isKnown),
	);
	return names && explainInput(`the columns ${quote(names.join())}`, 'url among them');
}

function namesIn(text: string, delimiter: string): string[] {
	return text.split(delimiter).map((name) =>
		name
			.trim()
			.replace(/^"(.*)"$/, '$1')
			.trim()
			.toLowerCase(),
	);
}

function isKnown(name: string): boolean {
	return COLUMN_NAMES.includes(name) || name.startsWith(HEADER_PREFIX);
}

/** Finds all problems of a header; invalid columns lose their names. */
export function checkHeader({ delimiter, names }: Header): {
	readonly problems: readonly string[];
	readonly validNames: readonly string[];
} {
	const found = names.map((name, index) => problemOfColumn(name, names.indexOf(name) !== index));
	const problems = found.filter((problem) => problem !== undefined);
	if (delimiter === ';') {
		problems.push(explainInput('columns divided by semicolons', 'commas or TABs'));
	}
	return { problems, validNames: names.map((name, index) => (found[index] ? '' : name)) };
}

function problemOfColumn(name: string, isRepeated: boolean): string | undefined {
	if (isRepeated) {
		return `found the column ${quote(name)} twice; drop one of them`;
	}
	if (name.startsWith(HEADER_PREFIX)) {
		return problemOf(() => targetFieldName(name.slice(HEADER_PREFIX.length)));
	}
	const allowed = `allowed: ${COLUMN_NAMES.join(', ')} and ${HEADER_PREFIX}<name>`;
	const meant = didYouMean(suggest(name, COLUMN_NAMES));
	return isKnown(name) ? undefined : `found the column ${quote(name)}; ${allowed}${meant}`;
}

/** Maps the fields of a record to members. @param fields - One for each name. */
export function membersOf(names: readonly string[], fields: readonly string[]): Members {
	const members: Record<string, unknown> = {};
	const headers: [string, string][] = [];
	for (const [index, name] of names.entries()) {
		const text = fields[index]?.trim() ?? '';
		if (text === '') {
			continue;
		}
		if (name.startsWith(HEADER_PREFIX)) {
			headers.push([name.slice(HEADER_PREFIX.length), text]);
		} else if (COLUMN_NAMES.includes(name)) {
			members[name] = name === 'mirrors' ? text.split(/\s+/) : text;
		}
	}
	if (headers.length > 0) {
		members['headers'] = Object.fromEntries(headers);
	}
	return members;
}
