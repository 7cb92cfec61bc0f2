import { quote } from '../../util/text.ts';

/** Singleton fields; a server that repeats one is at fault. */
const SINGLETON_FIELDS = new Set([
	'content-length',
	'content-range',
	'content-type',
	'etag',
	'last-modified',
	'location',
	'retry-after',
]);

/**
 * Raw header fields of a response: alternating names and values. Looked up lazily, as most are never
 * used.
 */
export class HeaderFields {
	readonly #raw: readonly Buffer[];

	constructor(raw: readonly Buffer[]) {
		this.#raw = raw;
	}

	/**
	 * Combines repeated fields: the first value of a singleton field; otherwise a comma-separated list.
	 *
	 * @param name - In lower case.
	 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-5.3 | RFC 9110, section 5.3}
	 */
	get(name: string): string | undefined {
		let found: string | undefined;
		for (let index = 0; index < this.#raw.length; index += 2) {
			if (!nameEquals(this.#raw[index], name)) {
				continue;
			}
			const value = this.#valueAfter(index);
			if (SINGLETON_FIELDS.has(name)) {
				return trimTrailingSpace(value);
			}
			found = found === undefined ? value : `${found}, ${value}`;
		}
		// The parser does not recognize `chunked` followed by a TAB: see `transferCodings`.
		return found === undefined || name === 'transfer-encoding' ? found : trimTrailingSpace(found);
	}

	/** @param name - In lower case. */
	getAll(name: string): string[] {
		const found: string[] = [];
		for (let index = 0; index < this.#raw.length; index += 2) {
			if (nameEquals(this.#raw[index], name)) {
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

/** The parser leaves trailing whitespace in the value. */
function trimTrailingSpace(value: string): string {
	const last = value.charCodeAt(value.length - 1);
	return last === 0x20 || last === 0x09 ? value.replace(/[\t ]+$/, '') : value;
}

/**
 * Rejects malformed fields that the lenient parser accepts.
 *
 * @param raw - Alternating names and values.
 * @throws {BadResponse} undici passes it to `onError`.
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

function nameEquals(field: Buffer | undefined, name: string): boolean {
	if (field?.length !== name.length) {
		return false;
	}
	for (let index = 0; index < name.length; index += 1) {
		// Setting bit 0x20 lowercases ASCII letters and leaves digits and hyphens unchanged.
		if (((field[index] ?? 0) | 0x20) !== name.charCodeAt(index)) {
			return false;
		}
	}
	return true;
}

/** Limit per request: a server that keeps sending 1xx responses would never time out. */
const MAX_INTERIM = 100;

/** A response that undici would accept, wait on forever, or fail an assertion on. */
class BadResponse extends Error {
	readonly code = 'bad_http';
}

/**
 * Checks a status below 200.
 *
 * @param count - Number of interim responses to this request so far.
 * @throws {BadResponse} undici passes it to `onError`.
 */
export function checkInterim(status: number, count: number): void {
	if (status < 100) {
		throw new BadResponse(`an impossible status: ${String(status).padStart(3, '0')}`);
	}
	if (status === 101) {
		throw new BadResponse('101 Switching Protocols, though no other protocol was asked for');
	}
	if (count > MAX_INTERIM) {
		throw new BadResponse(`more than ${MAX_INTERIM} interim answers (1xx)`);
	}
}
