import * as v from 'valibot';
import type { DownloadOptions } from '../download/options.ts';
import { explain } from '../schema/explain.ts';
import {
	closedObject,
	flag,
	integerFrom,
	listOf,
	numberFrom,
	text,
	textLike,
} from '../schema/shapes.ts';
import { LOCAL_STRATEGY_NAMES } from '../strategies/names.ts';
import { DIGEST_BYTES, type DigestAlgorithm } from '../targets/digests.ts';
import { isFieldName, isFieldValue, isReservedField } from '../targets/header-field.ts';
import { plural } from '../util/units.ts';

/** Far above what makes sense, and safe to add to the time of day. */
const MAX_TIME_MS = 2 ** 31 - 1;
const MAX_BYTES = Number.MAX_SAFE_INTEGER;

const timeMs = numberFrom(0, MAX_TIME_MS);
const count = integerFrom(1, 10_000);
const objectOfTexts = v.custom<Readonly<Record<string, string>>>(
	// For valibot a list is an object, too.
	(given) => !Array.isArray(given),
	'an object of texts',
);
const texts = v.pipe(objectOfTexts, v.record(v.string(), text, 'an object of texts'));
const isOwnField = (name: string) => isFieldName(name) && !isReservedField(name);
const fields = v.pipe(
	objectOfTexts,
	v.record(
		v.pipe(v.string(), v.check(isOwnField, 'the name of a header field that flagdl does not set')),
		v.pipe(text, v.check(isFieldValue, 'one line of Latin characters')),
		'an object of header fields',
	),
);

/** What each option of a download may be; one that is missing does not compile. */
const OPTIONS: {
	readonly [K in keyof Required<DownloadOptions>]: v.GenericSchema<DownloadOptions[K]>;
} = {
	ifExists: v.picklist(['skip', 'update', 'overwrite', 'fail']),
	retries: integerFrom(0, 1000),
	retryMaxTimeMs: timeMs,
	connectTimeoutMs: timeMs,
	maxTimeMs: timeMs,
	stallTimeMs: timeMs,
	speedLimitBytesPerSecond: numberFrom(0, MAX_BYTES),
	speedTimeMs: timeMs,
	remoteTime: flag,
	maxFilesizeBytes: numberFrom(0, MAX_BYTES),
	contentCheck: flag,
	compressed: flag,
	raw: flag,
	headers: fields,
	rate: closedObject({ requests: integerFrom(1, MAX_BYTES), windowMs: timeMs }),
	maxPerHost: count,
	proxy: closedObject({
		httpProxy: v.exactOptional(text),
		httpsProxy: v.exactOptional(text),
		noProxy: v.exactOptional(text),
	}),
	caCertificates: text,
	clientCertificate: text,
	clientKey: text,
	resolve: texts,
	logins: listOf(closedObject({ host: v.exactOptional(text), user: text, password: text })),
	cookies: listOf(
		closedObject({
			name: text,
			value: text,
			domain: text,
			includeSubdomains: flag,
			path: text,
			secure: flag,
			expiresMs: v.exactOptional(numberFrom(0, MAX_BYTES)),
		}),
	),
	insecure: flag,
	seed: integerFrom(0, MAX_BYTES),
	detail: flag,
};

const isSignal = (value: unknown): value is AbortSignal =>
	typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;

export const downloadSettings = closedObject({
	...optional(OPTIONS),
	dir: v.exactOptional(text),
	strategy: v.exactOptional(v.picklist(LOCAL_STRATEGY_NAMES)),
	concurrency: v.exactOptional(count),
	threads: v.exactOptional(integerFrom(1, 1000)),
	signal: v.exactOptional(v.custom<AbortSignal>(isSignal, 'an AbortSignal')),
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
			headers: v.exactOptional(fields),
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

/** Members that hold secrets, or may: what was found there is not shown. */
const SECRET =
	/^\/(?:headers|proxy|caCertificates|clientCertificate|clientKey|logins|cookies|url|mirrors|credentials)\b/;

/**
 * @param place - What messages call the value: `settings`.
 * @throws {TypeError} With everything that is wrong with it.
 */
export function check(place: string, schema: v.GenericSchema, given: unknown): void {
	const result = v.safeParse(schema, given);
	if (result.success) {
		return;
	}
	const problems = explain(result.issues, (pointer) => SECRET.test(pointer)).map(
		({ pointer, message }) => `${place}${pointer.replaceAll('/', '.')}: ${message}`,
	);
	const [only = ''] = problems;
	throw new TypeError(
		problems.length === 1
			? only
			: `${plural(problems.length, 'problem')}:\n${problems.map((line) => `  ${line}`).join('\n')}`,
	);
}
