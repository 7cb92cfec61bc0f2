import * as v from 'valibot';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../download/options.ts';
import { isFieldName, isFieldValue, isReservedField } from '../targets/header-field.ts';
import {
	closedObject,
	flag,
	integerFrom,
	listOf,
	maybe,
	numberFrom,
	oneOf,
	text,
} from './shapes.ts';

/** Far above any sensible value, and safe to add to a timestamp. */
const MAX_TIME_MS = 2 ** 31 - 1;
const MAX_BYTES = Number.MAX_SAFE_INTEGER;

const timeMs = numberFrom(0, MAX_TIME_MS);
export const count = integerFrom(1, 10_000);

/** Accepts any key: valibot's `record` drops some, such as `constructor`. */
function objectOf(problemWith: (name: string, value: unknown) => string | undefined) {
	return v.pipe(
		v.custom<Readonly<Record<string, string>>>(
			(given) => typeof given === 'object' && given !== null && !Array.isArray(given),
			'an object of texts',
		),
		v.rawCheck(({ dataset, addIssue }) => {
			for (const [key, value] of Object.entries(dataset.typed ? dataset.value : {})) {
				const message = problemWith(key, value);
				if (message !== undefined) {
					const path = { type: 'object', origin: 'value', input: {}, key, value } as const;
					addIssue({ message, input: value, path: [path] });
				}
			}
		}),
	);
}

const isText = (value: unknown) => (typeof value === 'string' ? undefined : text.message);
export const texts = objectOf((_, value) => isText(value));
export const headerFields = objectOf((name, value) => {
	if (!isFieldName(name) || isReservedField(name)) {
		return 'the name of a header field that flagdl does not set';
	}
	const isValue = typeof value === 'string' && isFieldValue(value);
	return isText(value) ?? (isValue ? undefined : 'one line of Latin characters');
});

/** Schema of each download option; a missing one is a compile error. */
export const OPTIONS: {
	readonly [K in keyof Required<DownloadOptions>]: v.GenericSchema<DownloadOptions[K]>;
} = {
	ifExists: oneOf(['skip', 'update', 'overwrite', 'fail']),
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
	headers: headerFields,
	rate: closedObject({
		requests: integerFrom(1, MAX_BYTES),
		windowMs: numberFrom(1e-3, MAX_TIME_MS),
	}),
	maxPerHost: count,
	proxy: closedObject({
		httpProxy: maybe(text),
		httpsProxy: maybe(text),
		noProxy: maybe(text),
	}),
	caCertificates: text,
	clientCertificate: text,
	clientKey: text,
	resolve: texts,
	logins: listOf(closedObject({ host: maybe(text), user: text, password: text })),
	cookies: listOf(
		closedObject({
			name: text,
			value: text,
			domain: text,
			includeSubdomains: flag,
			path: text,
			secure: flag,
			expiresMs: maybe(numberFrom(0, MAX_BYTES)),
		}),
	),
	insecure: flag,
	seed: integerFrom(0, MAX_BYTES),
	detail: flag,
};

/** All options as sent by another machine; those with a default are required. */
export const downloadOptions = v.object(
	Object.fromEntries(
		Object.entries(OPTIONS).map(([name, shape]) => [
			name,
			name in DEFAULT_OPTIONS ? shape : maybe(shape),
		]),
	),
	'an object',
) as unknown as v.GenericSchema<unknown, DownloadOptions>;
