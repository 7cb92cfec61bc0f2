import type { parse } from 'csv-parse/sync';
import { UsageError } from '../../util/errors.ts';
import { explainInput } from '../../util/suggest.ts';
import { plural } from '../../util/units.ts';
import type { BadEntry, Entry } from '../entry.ts';
import { checkHeader, type Header, membersOf } from './columns.ts';
import { type Line, MAX_LINE_BYTES } from './list-file.ts';
import { problemsOf, readMembers } from './members.ts';

/** A list whose first line names its columns: RFC 4180, separated by commas or TABs. */
export class Table {
	#header: Header;
	readonly #where: (line: number) => string;
	readonly #parse: typeof parse;
	#isHeaderRead = false;
	/** Lines of a record with an unclosed quoted field, and the number of its first line. */
	#open: { readonly number: number; text: string } | undefined;

	private constructor(header: Header, where: (line: number) => string, parser: typeof parse) {
		this.#header = header;
		this.#where = where;
		this.#parse = parser;
	}

	/** @param where - Names a line in messages. */
	static async create(header: Header, where: (line: number) => string): Promise<Table> {
		const { parse } = await import('csv-parse/sync');
		return new Table(header, where, parse);
	}

	/** Parses the next lines; the very first one is the header. */
	*read(lines: Iterable<Line>): Generator<Entry | BadEntry, void, undefined> {
		const records: (Row | BadEntry)[] = [];
		for (const line of lines) {
			const record = this.#isHeaderRead ? this.#record(line) : this.#readHeader(line);
			if (record !== undefined) {
				records.push(record);
			}
		}
		const quoted = this.#parseQuoted(records.filter((record) => isQuoted(record)));
		for (const record of records) {
			const fields = quoted.get(record) ?? record;
			const entry = 'problems' in fields ? fields : this.#entry(fields);
			if (entry !== undefined) {
				yield entry;
			}
		}
	}

	/** Called after the last line. @returns The record that is still open, as an error. */
	end(): BadEntry | undefined {
		return this.#open && this.#bad(this.#open.number, UNCLOSED);
	}

	#readHeader({ number }: Line): BadEntry | undefined {
		this.#isHeaderRead = true;
		const { problems, validNames } = checkHeader(this.#header);
		this.#header = { ...this.#header, names: validNames };
		return problems.length === 0 ? undefined : { where: this.#where(number), problems };
	}

	/** @returns Undefined for an empty line, a comment, or an incomplete record. */
	#record(line: Line): Row | BadEntry | undefined {
		if ('problem' in line) {
			this.#open = undefined;
			return this.#bad(line.number, line.problem);
		}
		const { number, text } = line;
		const open = this.#open;
		if (open === undefined) {
			if (/^\s*(?:#|$)/.test(text)) {
				return undefined;
			}
			if (!text.includes('"')) {
				return { number, fields: text.split(this.#header.delimiter) };
			}
			if (!endsInQuotes(text, this.#header.delimiter, false)) {
				return { number, text };
			}
			this.#open = { number, text };
			return undefined;
		}

		const goesOn = endsInQuotes(text, this.#header.delimiter, true);
		open.text += `\n${text}`;
		if (goesOn && open.text.length <= MAX_LINE_BYTES) {
			return undefined;
		}
		this.#open = undefined;
		return open.text.length <= MAX_LINE_BYTES
			? open
			: this.#bad(open.number, `${UNCLOSED} within ${MAX_LINE_BYTES} characters`);
	}

	/** Parses all records at once, and one by one if that fails. */
	#parseQuoted(records: readonly QuotedRow[]): Map<Row | BadEntry, Row | BadEntry> {
		if (records.length === 0) {
			return new Map();
		}
		const all = this.#parsed(records.map(({ text }) => text));
		return new Map(
			records.map((record, index) => {
				const fields = all === undefined ? this.#parsed([record.text])?.[0] : all[index];
				const { number } = record;
				return [record, fields === undefined ? this.#bad(number, STRAY_QUOTE) : { number, fields }];
			}),
		);
	}

	/** @returns Undefined if the parser fails; its message is dropped because it may quote a field. */
	#parsed(records: readonly string[]): string[][] | undefined {
		try {
			const parsed = this.#parse(records.map((text) => text.replace(/\r$/, '')).join('\n'), {
				delimiter: this.#header.delimiter,
				record_delimiter: '\n',
				relax_column_count: true,
			});
			return parsed.length === records.length ? parsed : undefined;
		} catch {
			return undefined;
		}
	}

	#entry(row: Row): Entry | BadEntry | undefined {
		const { number, fields = [] } = row;
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
				explainInput(
					plural(fields.length, 'field'),
					`${names.length}, as the first line has${hint}`,
				),
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

/** A record and the number of its first line; one with quotes is still to be parsed. */
interface Row {
	readonly number: number;
	readonly fields?: readonly string[];
	readonly text?: string;
}

type QuotedRow = Row & { readonly text: string };

function isQuoted(record: Row | BadEntry): record is QuotedRow {
	return 'text' in record;
}

const STRAY_QUOTE = explainInput(
	'a double quote within a field',
	'a field in double quotes as a whole, with two for each in it (RFC 4180)',
);
const UNCLOSED = 'found a field in double quotes that does not end';

/**
 * Whether a record continues after this line. Quotes open only at the start of a field; the parser refuses
 * others.
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
