import * as v from 'valibot';

/** What came over the wire is not what it should be. The message says where, and what is wrong. */
export class BadMessage extends Error {
	static {
		Object.defineProperty(BadMessage.prototype, 'name', { value: 'BadMessage' });
	}
}

/**
 * @param where - Where the value comes from, for messages.
 * @throws {BadMessage}
 */
export function check<T extends v.GenericSchema>(
	schema: T,
	value: unknown,
	where: string,
): v.InferOutput<T> {
	const result = v.safeParse(schema, value, { abortEarly: true });
	if (result.success) {
		return result.output;
	}
	const [{ message, path }] = result.issues;
	throw new BadMessage(`${pathOf(path ?? [], where)}: ${message}`);
}

/** The same of a text that should be JSON. */
export function checkJson<T extends v.GenericSchema>(
	schema: T,
	source: string,
	where: string,
): v.InferOutput<T> {
	let value: unknown;
	try {
		value = JSON.parse(source);
	} catch {
		throw new BadMessage(`${where}: found no JSON`);
	}
	return check(schema, value, where);
}

/** `targets[0].url`: what is below `targets`. */
function pathOf(path: readonly v.IssuePathItem[], where: string): string {
	return path.reduce((text, { key }) => {
		const isPlace = typeof key === 'number';
		return isPlace ? `${text}[${key}]` : `${text}.${String(key).slice(0, MAX_SHOWN)}`;
	}, where);
}

const MAX_SHOWN = 40;

/** What was found is shown by its kind only: it may be a secret. */
const expected = (what: string) => (issue: { readonly input: unknown }) =>
	`found ${kindOf(issue.input)}, expected ${what}`;

function kindOf(input: unknown): string {
	if (typeof input === 'string') {
		return `a text of ${input.length} characters`;
	}
	if (input === undefined) {
		return 'nothing';
	}
	return Array.isArray(input) ? `a list of ${input.length}` : shown(input);
}

function shown(input: unknown): string {
	return typeof input === 'object' && input !== null ? 'an object' : String(input);
}

export function text(maxLength: number = 8192) {
	const message = expected(`text of at most ${maxLength} characters`);
	return v.pipe(v.string(message), v.maxLength(maxLength, message));
}

/** A whole number. */
export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER) {
	const message = expected(`a whole number from ${min} to ${max}`);
	return v.pipe(
		v.number(message),
		v.safeInteger(message),
		v.minValue(min, message),
		v.maxValue(max, message),
	);
}

export function amount(min: number, max: number) {
	const message = expected(`a number from ${min} to ${max}`);
	return v.pipe(v.number(message), v.minValue(min, message), v.maxValue(max, message));
}

export const flag = v.boolean(expected('true or false'));

export function oneOf<const T extends readonly string[]>(options: T) {
	return v.picklist(options, expected(`one of ${options.join(', ')}`));
}

/** @param size - At most so many items. */
export function list<T extends v.GenericSchema>(item: T, size: number) {
	const message = expected(`a list of at most ${size}`);
	return v.pipe(v.array(item, message), v.maxLength(size, message));
}

/** What is not named is dropped. */
export function object<T extends v.ObjectEntries>(entries: T) {
	return v.object(entries, expected('an object'));
}

/** Any names: valibot's own record drops some, such as `constructor`. */
export function recordOf<T extends v.GenericSchema>(value: T) {
	return v.pipe(
		v.custom<object>(
			(given) => typeof given === 'object' && given !== null && !Array.isArray(given),
			expected('an object'),
		),
		v.transform((given) => Object.entries(given) as unknown),
		v.array(v.tuple([v.string(), value])),
		v.transform((entries): Record<string, v.InferOutput<T>> => Object.fromEntries(entries)),
	);
}

/** A text that `read` takes and returns in its usual form; the message is that of what `read` throws. */
export function readBy(read: (text: string) => string) {
	return v.pipe(
		text(),
		v.rawTransform(({ dataset, addIssue, NEVER }) => {
			try {
				return read(dataset.value);
			} catch (error) {
				addIssue({ message: (error as Error).message });
				return NEVER;
			}
		}),
	);
}
