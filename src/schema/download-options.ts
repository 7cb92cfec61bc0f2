import * as v from 'valibot';
import type { DownloadOptions } from '../download/options.ts';
import { amount, flag, list, object, oneOf, recordOf, text, whole } from './message.ts';

/** The longest time that a timer takes. */
const MS_MAX = 2 ** 31 - 1;
const ms = amount(0, MS_MAX);
const size = amount(0, Number.MAX_SAFE_INTEGER);
const pem = text(1_000_000);

/** A browser may have exported thousands of cookies. */
const MAX_ITEMS = 1_000_000;
const cookie = object({
	...{ name: text(), value: text(), domain: text(), path: text() },
	...{ includeSubdomains: flag, secure: flag, expiresMs: v.exactOptional(amount(-MS_MAX, 1e16)) },
});

/** How each option is read from the wire; written, it is JSON. One that is missing here does not compile. */
const OPTIONS = {
	ifExists: oneOf(['skip', 'update', 'overwrite', 'fail']),
	retries: whole(0, 1000),
	retryMaxTimeMs: ms,
	connectTimeoutMs: ms,
	maxTimeMs: v.exactOptional(ms),
	stallTimeMs: ms,
	speedLimitBytesPerSecond: size,
	speedTimeMs: ms,
	remoteTime: flag,
	maxFilesizeBytes: v.exactOptional(size),
	contentCheck: flag,
	compressed: flag,
	raw: flag,
	headers: recordOf(text()),
	rate: v.exactOptional(object({ requests: amount(1e-6, 1e12), windowMs: amount(1e-3, MS_MAX) })),
	maxPerHost: v.exactOptional(whole(1, 10_000)),
	proxy: v.exactOptional(
		object({
			httpProxy: v.exactOptional(text()),
			httpsProxy: v.exactOptional(text()),
			noProxy: v.exactOptional(text(100_000)),
		}),
	),
	caCertificates: v.exactOptional(pem),
	clientCertificate: v.exactOptional(pem),
	clientKey: v.exactOptional(pem),
	resolve: v.exactOptional(recordOf(text())),
	logins: v.exactOptional(
		list(object({ host: v.exactOptional(text()), user: text(), password: text() }), MAX_ITEMS),
	),
	cookies: v.exactOptional(list(cookie, MAX_ITEMS)),
	insecure: flag,
	seed: v.exactOptional(whole(0)),
	detail: flag,
} satisfies { readonly [K in keyof Required<DownloadOptions>]: v.GenericSchema };

/** The options of a download as they come from another machine. */
export const downloadOptions: v.GenericSchema<unknown, DownloadOptions> = object(OPTIONS);
