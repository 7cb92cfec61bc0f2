import * as v from 'valibot';

/** An invalid message from the wire. The error message says where and what is wrong. */
export class BadMessage extends Error {
	static {
		Object.defineProperty(BadMessage.prototype, 'name', { value: 'BadMessage' });
	}
}

/**
 * @param where - Name of the value, for messages.
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
	const [{ message, path, input }] = result.issues;
	// Shows only the kind of the value, which may be a secret.
	const problem = /^found /.test(message) ? message : `found ${kindOf(input)}, expected ${message}`;
	throw new BadMessage(`${pathOf(path ?? [], where)}: ${problem}`);
}

/** Parses JSON, then checks the value like `check`. */
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

/** Formats a path such as `targets[0].url`. */
function pathOf(path: readonly v.IssuePathItem[], where: string): string {
	return path.reduce((text, { key }) => {
		const isIndex = typeof key === 'number';
		return isIndex ? `${text}[${key}]` : `${text}.${String(key).slice(0, MAX_SHOWN)}`;
	}, where);
}

const MAX_SHOWN = 40;

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

export function textUpTo(maxLength: number) {
	const what = `text of at most ${maxLength} characters`;
	return v.pipe(v.string(what), v.maxLength(maxLength, what));
}

export const shortText = textUpTo(8192);

export function listUpTo<T extends v.GenericSchema>(maxLength: number, item: T) {
	const what = `a list of at most ${maxLength}`;
	return v.pipe(v.array(item, what), v.maxLength(maxLength, what));
}

/** Unknown members are dropped. */
export function object<T extends v.ObjectEntries>(entries: T) {
	return v.object(entries, 'an object');
}

/** A string that `read` normalizes; if `read` throws, its message is the issue. */
export function readBy(read: (text: string) => string) {
	return v.pipe(
		shortText,
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
