import type { parse } from 'csv-parse/sync';
import { UsageError } from '../../util/errors.ts';
import { didYouMean, suggest } from '../../util/suggest.ts';
import { quote } from '../../util/text.ts';
import { plural } from '../../util/units.ts';
import type { BadEntry, Entry } from '../entry.ts';
import { targetFieldName } from '../header-field.ts';
import { type Line, MAX_LINE_BYTES } from './list-file.ts';
import { MEMBER_NAMES, problemOf, problemsOf, readMembers } from './members.ts';

/** Names of columns that are members of a target; header fields have a column each. */
const COLUMN_NAMES = MEMBER_NAMES.filter((name) => name !== 'headers');
const HEADER_PREFIX = 'header.';
const MIN_KNOWN = 2;

const DELIMITERS = [',', '\t', ';'] as const;

interface Header {
	readonly delimiter: string;
	/** In lower case. */
	readonly names: readonly string[];
}

/** @returns Undefined if this line, the first of a list, names no columns. */
export function parseHeader(text: string): Header | undefined {
	for (const delimiter of DELIMITERS) {
		const names = text.split(delimiter).map((name) =>
			name
				.trim()
				.replace(/^"(.*)"$/, '$1')
				.trim()
				.toLowerCase(),
		);
		if (names.includes('url') && names.filter(isKnown).length >= MIN_KNOWN) {
			return { delimiter, names };
		}
	}
	return undefined;
}

function isKnown(name: string): boolean {
	return COLUMN_NAMES.includes(name) || name.startsWith(HEADER_PREFIX);
}

/** What is told of a header line. */
function headerProblems({ delimiter, names }: Header): readonly string[] {
	const allowed = `allowed: ${COLUMN_NAMES.join(', ')} and ${HEADER_PREFIX}<name>`;
	const problems = names.map((name, index) => {
		if (names.indexOf(name) !== index) {
			return `found the column ${quote(name)} twice; drop one of them`;
		}
		if (name.startsWith(HEADER_PREFIX)) {
			return problemOf(() => targetFieldName(name.slice(HEADER_PREFIX.length)));
		}
		const meant = didYouMean(suggest(name, COLUMN_NAMES));
		return isKnown(name) ? undefined : `found the column ${quote(name)}; ${allowed}${meant}`;
	});
	if (delimiter === ';') {
		problems.push('found columns divided by semicolons; allowed: commas or TABs');
	}
	return problems.filter((problem) => problem !== undefined);
}

/** A list whose first line names its columns: RFC 4180, with commas or TABs. */
export class Table {
	readonly #header: Header;
	readonly #where: (line: number) => string;
	readonly #parse: typeof parse;
	#isHeaderRead = false;
	/** Lines of a record whose quoted field goes on, and where it began. */
	#open: { readonly number: number; text: string } | undefined;

	private constructor(header: Header, where: (line: number) => string, parser: typeof parse) {
		this.#header = header;
		this.#where = where;
		this.#parse = parser;
	}

	/** @param where - What messages call a line. */
	static async create(header: Header, where: (line: number) => string): Promise<Table> {
		const { parse } = await import('csv-parse/sync');
		return new Table(header, where, parse);
	}

	/**
	 * Reads the next line; the first is the one that names the columns.
	 *
	 * @returns Undefined for that, for a line that is empty or a comment, and for one that is not the end of
	 *   its record.
	 */
	read(line: Line): Entry | BadEntry | undefined {
		if (!this.#isHeaderRead) {
			this.#isHeaderRead = true;
			const problems = headerProblems(this.#header);
			return problems.length === 0 ? undefined : { where: this.#where(line.number), problems };
		}
		if ('problem' in line) {
			this.#open = undefined;
			return this.#bad(line.number, line.problem);
		}
		const { number, text } = line;
		if (this.#open === undefined) {
			if (/^\s*(?:#|$)/.test(text)) {
				return undefined;
			}
			if (!text.includes('"')) {
				return this.#entry(number, text.split(this.#header.delimiter));
			}
			if (!endsInQuotes(text, this.#header.delimiter, false)) {
				return this.#parsed(number, text);
			}
			this.#open = { number, text };
			return undefined;
		}

		const open = this.#open;
		const isOpen = endsInQuotes(text, this.#header.delimiter, true);
		open.text += `\n${text}`;
		if (open.text.length > MAX_LINE_BYTES) {
			this.#open = undefined;
			return this.#bad(open.number, `${UNCLOSED} within ${MAX_LINE_BYTES} characters`);
		}
		if (isOpen) {
			return undefined;
		}
		this.#open = undefined;
		return this.#parsed(open.number, open.text);
	}

	/** What is left when there are no more lines. */
	end(): BadEntry | undefined {
		return this.#open && this.#bad(this.#open.number, UNCLOSED);
	}

	#parsed(number: number, text: string): Entry | BadEntry | undefined {
		let records: string[][];
		try {
			records = this.#parse(text.replace(/\r$/, ''), {
				delimiter: this.#header.delimiter,
				relax_column_count: true,
			});
		} catch {
			// Its message may quote a field.
			return this.#bad(
				number,
				'found a double quote within a field; allowed: a field in double quotes as a whole, with two for each in it (RFC 4180)',
			);
		}
		return this.#entry(number, records[0] ?? []);
	}

	#entry(number: number, fields: readonly string[]): Entry | BadEntry | undefined {
		const { names, delimiter } = this.#header;
		if (fields.every((field) => field.trim() === '')) {
			return undefined;
		}
		if (fields.length !== names.length) {
			const hint =
				fields.length > names.length && delimiter !== '\t'
					? `; put a field that has a ${delimiter === ',' ? 'comma' : 'semicolon'} in it in double quotes`
					: '';
			return this.#bad(
				number,
				`found ${plural(fields.length, 'field')}; allowed: ${names.length}, as the first line has${hint}`,
			);
		}

		const where = this.#where(number);
		const members = membersOf(names, fields);
		try {
			return readMembers(members, where);
		} catch (error) {
			if (error instanceof UsageError) {
				return { where, problems: problemsOf(members, where) };
			}
			throw error;
		}
	}

	#bad(number: number, problem: string): BadEntry {
		return { where: this.#where(number), problems: [problem] };
	}
}

const UNCLOSED = 'found a field in double quotes that does not end';

function membersOf(
	names: readonly string[],
	fields: readonly string[],
): Readonly<Record<string, unknown>> {
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

/**
 * Whether a record goes on after this line. Only what begins a field opens quotes: others are for the parser
 * to refuse.
 */
function endsInQuotes(text: string, delimiter: string, isOpen: boolean): boolean {
	let isQuoted = isOpen;
	let isAtStart = !isOpen;
	for (let index = 0; index < text.length; index += 1) {
		const character = text[index];
		if (isQuoted && character === '"') {
			if (text[index + 1] === '"') {
				index += 1;
			} else {
				isQuoted = false;
			}
		} else if (!isQuoted) {
			isQuoted = character === '"' && isAtStart;
			isAtStart = character === delimiter;
		}
	}
	return isQuoted;
}
