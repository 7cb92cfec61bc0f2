import { quote } from '../../util/text.ts';
import { BadResponse } from './interim-response.ts';

/** Fields that have one value; a second one is a mistake of the server. */
const SINGLE = new Set([
	'content-length',
	'content-range',
	'content-type',
	'etag',
	'last-modified',
	'location',
	'retry-after',
]);

/**
 * Header fields of an answer, as they came: names and values in turn. They are looked up when
 * one is wanted; most are never asked for.
 */
export class HeaderFields {
	readonly #raw: readonly Buffer[];

	constructor(raw: readonly Buffer[]) {
		this.#raw = raw;
	}

	/**
	 * Makes one value of several fields of one name: the first, where the field can have but one;
	 * otherwise a list.
	 *
	 * @param name - In lower case.
	 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-5.3 | RFC 9110, section 5.3}
	 */
	get(name: string): string | undefined {
		let found: string | undefined;
		for (let index = 0; index < this.#raw.length; index += 2) {
			if (!isNamed(this.#raw[index], name)) {
				continue;
			}
			const value = this.#valueAfter(index);
			if (SINGLE.has(name)) {
				return withoutSpaceBehind(value);
			}
			found = found === undefined ? value : `${found}, ${value}`;
		}
		// The parser takes `chunked` with a TAB for another coding: see `checkTransferCoding`.
		return found === undefined || name === 'transfer-encoding' ? found : withoutSpaceBehind(found);
	}

	/** The values of all fields of one name, in lower case. */
	getAll(name: string): string[] {
		const found: string[] = [];
		for (let index = 0; index < this.#raw.length; index += 2) {
			if (isNamed(this.#raw[index], name)) {
				found.push(this.#valueAfter(index));
			}
		}
		return found;
	}

	#valueAfter(index: number): string {
		// Fields are Latin-1 on the wire: a byte is a character.
		return this.#raw[index + 1]?.toString('latin1') ?? '';
	}
}

/** The parser leaves it in the value. */
function withoutSpaceBehind(value: string): string {
	const last = value.charCodeAt(value.length - 1);
	return last === 0x20 || last === 0x09 ? value.replace(/[\t ]+$/, '') : value;
}

/**
 * Refuses what the parser takes together with what is harmless.
 *
 * @param raw - Names and values in turn.
 * @throws {BadResponse} Which undici hands to `onError`.
 */
export function checkFields(raw: readonly Buffer[]): void {
	for (let index = 0; index < raw.length; index += 2) {
		const name = raw[index];
		const last = name?.[name.length - 1];
		if (last === 0x20 || last === 0x09) {
			const found = quote(name?.toString('latin1') ?? '');
			throw new BadResponse(`not HTTP: a space before a colon: ${found} (RFC 9112, section 5.1)`);
		}
		if (raw[index + 1]?.includes(0) === true) {
			const found = quote(name?.toString('latin1') ?? '');
			throw new BadResponse(`not HTTP: a NUL in the field ${found} (RFC 9110, section 5.5)`);
		}
	}
}

function isNamed(field: Buffer | undefined, name: string): boolean {
	if (field?.length !== name.length) {
		return false;
	}
	for (let index = 0; index < name.length; index += 1) {
		// Names are ASCII letters, digits and marks, whose bit 0x20 is set or makes no other mark of them.
		if (((field[index] ?? 0) | 0x20) !== name.charCodeAt(index)) {
			return false;
		}
	}
	return true;
}
