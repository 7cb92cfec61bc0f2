import * as v from 'valibot';
import { jsonText } from '../util/text.ts';
import { BYTES_PER_UNIT, MS_PER_UNIT, parseQuantity } from '../util/units.ts';

/** Building blocks of schemas. The message of each shape says what is allowed. */

/** An object with exactly these members; an issue lists every unknown key. */
export function closedObject<const Entries extends v.ObjectEntries>(
	entries: Entries,
): v.StrictObjectSchema<Entries, string> {
	const schema = v.strictObject(entries, 'an object, as in { … }');
	const names = Object.keys(entries);
	return {
		...schema,
		'~run'(dataset, config) {
			// valibot accepts arrays as objects.
			if (Array.isArray(dataset.value)) {
				v._addIssue(schema, 'type', dataset, config);
				return dataset as never;
			}
			const given: unknown = dataset.value;
			const result = schema['~run'](dataset, config);
			// valibot reports only the first unknown key, without the allowed ones.
			const isUnknownKey = ({ expected, path }: v.BaseIssue<unknown>) =>
				expected === 'never' && path?.length === 1;
			if (result.issues?.some(isUnknownKey) === true) {
				const known = result.issues.filter((issue) => !isUnknownKey(issue));
				const unknown = Object.entries(given as object).filter(([key]) => !names.includes(key));
				const issues = unknown.map(([key, value]) => unknownKey(key, value, names));
				return { typed: false, value: result.value, issues: [...known, ...issues] } as never;
			}
			return result;
		},
	};
}

function unknownKey(key: string, value: unknown, names: readonly string[]): v.BaseIssue<unknown> {
	return {
		kind: 'schema',
		type: 'strict_object',
		input: key,
		expected: 'never',
		received: jsonText(key),
		message: 'an object without it',
		requirement: names,
		path: [{ type: 'object', origin: 'key', input: {}, key, value }],
	};
}

export function listOf<const Item extends v.GenericSchema>(
	item: Item,
): v.ArraySchema<Item, string> {
	return v.array(item, 'a list, as in [ … ]');
}

/** @param what - The allowed form in words, with an example. */
export function textLike(
	pattern: RegExp,
	what: string,
): v.SchemaWithPipe<readonly [v.StringSchema<string>, v.RegexAction<string, string>]> {
	return v.pipe(v.string(what), v.regex(pattern, what));
}

export const maybe = v.exactOptional;

export function described<const Schema extends v.GenericSchema>(schema: Schema, about: string) {
	return v.pipe(schema, v.description(about));
}

/** An object with exactly these members, and a description. */
export function shape<const Entries extends v.ObjectEntries>(about: string, entries: Entries) {
	return described(v.strictObject(entries), about);
}

export const text = v.string('a text');

/** A string with a description. */
export const said = (about: string) => described(text, about);

export const flag = v.boolean('true or false');

export function oneOf<const Words extends readonly string[]>(words: Words) {
	return v.picklist(words, `one of ${words.join(', ')}`);
}

export function integerFrom(min: number, max: number = Number.MAX_SAFE_INTEGER) {
	const what = `a whole number from ${min} to ${max}`;
	return v.pipe(v.number(what), v.integer(what), v.minValue(min, what), v.maxValue(max, what));
}

export function numberFrom(min: number, max: number) {
	const what = `a number from ${min} to ${max}`;
	return v.pipe(v.number(what), v.minValue(min, what), v.maxValue(max, what));
}

/** `"250ms"` in milliseconds. */
export const durationMs = v.pipe(
	textLike(
		/^[0-9]{1,6}(\.[0-9]{1,3})?(ms|s|m)$/,
		'a duration with its unit, such as "250ms", "10s" or "2m"',
	),
	v.transform((found) => parseQuantity(found, MS_PER_UNIT)),
);

/** `"64KiB"` in bytes, rounded down. */
export const sizeBytes = v.pipe(
	textLike(
		/^[0-9]{1,6}(\.[0-9]{1,3})?(B|kB|KiB|MB|MiB)$/,
		'a size with its unit, such as "512B", "50kB" or "64KiB"',
	),
	v.transform((found) => Math.floor(parseQuantity(found, BYTES_PER_UNIT))),
);

/** `"512KiB/s"` in bytes per second. */
export const bytesPerSecond = v.pipe(
	textLike(
		/^[0-9]{1,6}(\.[0-9]{1,3})?(B|kB|KiB|MB|MiB)\/s$/,
		'a rate with its unit, such as "50kB/s" or "512KiB/s"',
	),
	v.transform((found) => parseQuantity(found.slice(0, -'/s'.length), BYTES_PER_UNIT)),
);

/** `"1s"` in seconds. */
export const wholeSeconds = v.pipe(
	textLike(/^[0-9]{1,5}s$/, 'whole seconds, such as "1s", as Retry-After has no smaller unit'),
	v.transform((found) => Number.parseInt(found, 10)),
);
