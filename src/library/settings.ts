import * as v from 'valibot';
import { count, headerFields, OPTIONS, texts } from '../schema/download-options.ts';
import { explain } from '../schema/explain.ts';
import { closedObject, integerFrom, listOf, text, textLike } from '../schema/shapes.ts';
import { LOCAL_STRATEGY_NAMES } from '../strategies/names.ts';
import { DIGEST_BYTES, type DigestAlgorithm } from '../targets/digests.ts';
import { plural } from '../util/units.ts';

const isSignal = (value: unknown): value is AbortSignal =>
	typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;

export const abortSignal = v.custom<AbortSignal>(isSignal, 'an AbortSignal');

export const downloadSettings = closedObject({
	...optional(OPTIONS),
	dir: v.exactOptional(text),
	strategy: v.exactOptional(v.picklist(LOCAL_STRATEGY_NAMES)),
	concurrency: v.exactOptional(count),
	threads: v.exactOptional(integerFrom(1, 1000)),
	signal: v.exactOptional(abortSignal),
	onProgress: v.exactOptional(v.function('a function')),
});

export const targetInput = v.union(
	[
		text,
		closedObject({
			url: text,
			dest: v.exactOptional(text),
			id: v.exactOptional(text),
			sha256: digestOf('sha256'),
			sha384: digestOf('sha384'),
			sha512: digestOf('sha512'),
			mirrors: v.exactOptional(listOf(text)),
			validators: v.exactOptional(
				closedObject({
					url: v.exactOptional(text),
					etag: v.exactOptional(text),
					lastModified: v.exactOptional(text),
				}),
			),
			credentials: v.exactOptional(texts),
			headers: v.exactOptional(headerFields),
		}),
	],
	'a URL, or an object such as { url, dest }',
);

function digestOf(algorithm: DigestAlgorithm) {
	const digits = 2 * DIGEST_BYTES[algorithm];
	const pattern = new RegExp(`^[0-9a-f]{${digits}}$`, 'i');
	return v.exactOptional(textLike(pattern, `${digits} hexadecimal digits`));
}

function optional<const Entries extends Readonly<Record<string, v.GenericSchema>>>(
	entries: Entries,
): { readonly [K in keyof Entries]: v.ExactOptionalSchema<Entries[K], undefined> } {
	const all = Object.entries(entries).map(([name, schema]) => [name, v.exactOptional(schema)]);
	return Object.fromEntries(all) as {
		[K in keyof Entries]: v.ExactOptionalSchema<Entries[K], undefined>;
	};
}

/** Members that may hold secrets: messages do not quote their values. */
const SECRET =
	/^\/(?:headers|proxy|caCertificates|clientCertificate|clientKey|logins|cookies|url|mirrors|credentials|tls|upstream)\b/;

/**
 * @param place - Name of the value in messages: `settings`.
 * @throws {TypeError} If the value is invalid; lists every problem.
 */
export function check(place: string, schema: v.GenericSchema, given: unknown): void {
	const result = v.safeParse(schema, given);
	if (result.success) {
		return;
	}
	const problems = explain(result.issues, (pointer) => SECRET.test(pointer)).map(
		({ pointer, message }) => `${place}${memberPath(pointer)}: ${message}`,
	);
	const [only = ''] = problems;
	throw new TypeError(
		problems.length === 1
			? only
			: `${plural(problems.length, 'problem')}:\n${problems.map((line) => `  ${line}`).join('\n')}`,
	);
}

/** `/files/~1a.txt` as `.files./a.txt`. */
function memberPath(pointer: string): string {
	return pointer.replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
}
