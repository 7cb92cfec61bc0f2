/** Header fields of an answer: names in lower case, one value each. */
export interface HeaderFields {
	readonly [name: string]: string | undefined;
	readonly etag?: string;
	readonly location?: string;
}

/** As undici gives them: several fields of one name are an array. */
export type RawFields = Readonly<Record<string, string | string[] | undefined>>;

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
 * Makes one value of several fields of one name: the first, where the field can have but one;
 * otherwise a list.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-5.3 | RFC 9110, section 5.3}
 */
export function oneOfEach(raw: RawFields): HeaderFields {
	return hasOneOfEach(raw) ? raw : merge(raw);
}

/** Nearly always: then nothing is copied. */
function hasOneOfEach(raw: RawFields): raw is HeaderFields {
	for (const name in raw) if (Array.isArray(raw[name])) return false;
	return true;
}

function merge(raw: RawFields): HeaderFields {
	const fields: Record<string, string | undefined> = {};
	for (const [name, value] of Object.entries(raw)) {
		if (!Array.isArray(value)) fields[name] = value;
		else fields[name] = SINGLE.has(name) ? value[0] : value.join(', ');
	}
	return fields;
}
