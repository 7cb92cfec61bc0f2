import { FinderError, fromServer } from './finder-error.ts';
import { type FoundCountries, type FoundCountry, isCountryCode } from './found-country.ts';

// The answer's lines are short; a server that sends no line's end must not fill the memory.
const MAX_LINE_CHARACTERS = 4_096;

/**
 * Reads the answer to one query from the text of the line protocol, up to its status line.
 *
 * @param name - Of the server, for messages.
 * @throws {FinderError} When it is no answer, is not whole, or is the reason why the server closes.
 */
export async function* readAnswer(chunks: AsyncIterable<string>, name: string): FoundCountries {
	let rest = '';
	let count = 0;

	for await (const chunk of chunks) {
		const lines = (rest + chunk).split('\n');
		rest = lines.pop() ?? '';

		const found: FoundCountry[] = [];
		for (const line of lines.map(withoutPrompt)) {
			if (line.length > MAX_LINE_CHARACTERS) {
				throw stranger(name);
			}
			if (!line.includes('\t')) {
				expectStatus(line, count + found.length, name);
				yield found;
				return;
			}
			found.push(parseMatch(line, name));
		}

		if (rest.length > MAX_LINE_CHARACTERS) {
			throw stranger(name);
		}
		count += found.length;
		yield found;
	}
	throw new FinderError(`${name} closed the connection before its answer was complete`);
}

function withoutPrompt(line: string): string {
	return line.replace(/^(\?> )+/, '').replace(/\r$/, '');
}

function parseMatch(line: string, name: string): FoundCountry {
	const [code, country = '', capital = ''] = line.split('\t');
	if (!isCountryCode(code)) {
		throw stranger(name);
	}
	return { code, name: country, capital };
}

const STATUS = /^(No|\d+) match(es)? for '/;
const CLOSING = /^Closing: (.*)/s;

function expectStatus(line: string, count: number, name: string): void {
	const reason = CLOSING.exec(line)?.[1];
	if (reason !== undefined) {
		throw new FinderError(`${name} closed the connection: ${fromServer(reason)}`);
	}

	const status = STATUS.exec(line)?.[1];
	if (status === undefined) {
		throw stranger(name);
	}

	const told = status === 'No' ? 0 : Number(status);
	if (told !== count) {
		throw new FinderError(`${name} told of ${told} matches and sent ${count}`);
	}
}

function stranger(name: string): FinderError {
	return new FinderError(
		`${name} does not speak the finder's line protocol; is it the port of --finder-port?`,
	);
}
