import type { DownloadOptions } from '../download/options.ts';
import type { QueueOptions, RedisAddress } from '../strategies/queue/options.ts';
import { isHarmlessField } from '../targets/header-field.ts';
import { UsageError } from '../util/errors.ts';
import { present } from '../util/members.ts';
import { explainInput } from '../util/suggest.ts';
import { quote, quoteUrl } from '../util/text.ts';
import type { Io } from './io.ts';
import { option, type Typed, withOptionName } from './options/option.ts';

/** Without a default: the environment is read when the command runs. */
export function redisOption(): Typed<string | undefined> {
	return option(
		'--redis <url>',
		'redis://host:port/database or rediss:// (default: FLAGDL_REDIS_URL)',
	);
}

export function prefixOption(): Typed<string> {
	const description = 'prefix of all keys in Redis; the same for get and worker';
	return option('--queue-prefix <name>', description, undefined, 'flagdl');
}

/**
 * Address of Redis, from `--redis` or `FLAGDL_REDIS_URL`; `FLAGDL_REDIS_USERNAME` and `FLAGDL_REDIS_PASSWORD`
 * supply what the URL lacks.
 *
 * @throws {UsageError} If it is missing or invalid.
 */
export function redisAddress(redis: string | undefined, env: Io['env']): RedisAddress {
	const credentials = {
		username: nonEmpty(env['FLAGDL_REDIS_USERNAME']),
		password: nonEmpty(env['FLAGDL_REDIS_PASSWORD']),
	};
	const url = redis ?? nonEmpty(env['FLAGDL_REDIS_URL']);
	if (url === undefined) {
		throw new UsageError(
			'found no Redis to use; give --redis redis://host:6379, or set FLAGDL_REDIS_URL',
		);
	}
	const name = redis === undefined ? 'FLAGDL_REDIS_URL' : '--redis';
	return withOptionName(name, () => parseRedisUrl(url, credentials));
}

const KEY_MIN_LENGTH = 16;

/**
 * Key that encrypts runs in Redis: `FLAGDL_QUEUE_KEY`, the same for `get` and its workers.
 *
 * @throws {UsageError} If it is easy to guess.
 */
export function queueKey(env: Io['env']): string | undefined {
	const key = nonEmpty(env['FLAGDL_QUEUE_KEY']);
	if (key !== undefined && key.length < KEY_MIN_LENGTH) {
		const allowed = `${KEY_MIN_LENGTH} or more, such as openssl rand -base64 32 makes`;
		throw new UsageError(`FLAGDL_QUEUE_KEY: ${explainInput(`${key.length} characters`, allowed)}`);
	}
	return key;
}

/**
 * Names the secrets of a run that are stored in Redis without a key of the user's own.
 *
 * @param secretTargets - Number of targets with a login, or with a header field that may be a secret.
 */
export function secretsWithoutKey(
	queue: Pick<QueueOptions, 'key'> | undefined,
	options: DownloadOptions,
	secretTargets: number,
): readonly string[] {
	if (queue === undefined || queue.key !== undefined) {
		return [];
	}
	const { logins = [], cookies = [], clientKey, headers, proxy = {} } = options;
	return Object.entries({
		'logins (--netrc)': logins.length > 0,
		'cookies (--cookies)': cookies.length > 0,
		'a private key (--key)': clientKey !== undefined,
		'header fields (-u, -H)': !Object.keys(headers).every(isHarmlessField),
		'the login of a proxy': [proxy.httpProxy, proxy.httpsProxy].some((url) => url?.includes('@')),
		'targets with logins or header fields': secretTargets > 0,
	}).flatMap(([what, isThere]) => (isThere ? [what] : []));
}

export function queuePrefix(prefix: string): string {
	return parseName('--queue-prefix', prefix);
}

/** @throws {UsageError} If the name is not allowed in Redis keys. */
export function parseName(option: string, name: string): string {
	if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
		return name;
	}
	throw new UsageError(
		`${option}: ${explainInput(quote(name), 'letters, digits, dots, dashes and underscores, 64 at most')}`,
	);
}

function nonEmpty(text: string | undefined): string | undefined {
	return text === undefined || text === '' ? undefined : text;
}

/** Credentials from the environment: process lists show those in the URL to all users. */
export interface Credentials {
	readonly username?: string | undefined;
	readonly password?: string | undefined;
}

const DEFAULT_PORT = 6379;
const ALLOWED = 'redis://host:port/database or rediss:// (TLS), with user:password@ where needed';

/**
 * @param credentials - Used if the URL has none.
 * @throws {UsageError} The message contains no password.
 */
export function parseRedisUrl(text: string, credentials: Credentials = {}): RedisAddress {
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		// Not quoted: invalid input may contain a password.
		throw new UsageError(explainInput('no URL', ALLOWED));
	}
	if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
		// Without `://`, the apparent scheme may be a user name.
		const found = text.includes('://') ? `the scheme ${quote(url.protocol)}` : 'no scheme';
		throw new UsageError(explainInput(found, ALLOWED));
	}
	if (url.hostname === '') {
		throw new UsageError(explainInput('no host', ALLOWED));
	}
	if (url.hash !== '' || url.search !== '') {
		throw new UsageError(explainInput('a # or ?; in a password write %23 and %3F', ALLOWED));
	}
	const database = /^\/?(\d{0,5})$/.exec(url.pathname)?.[1];
	if (database === undefined) {
		throw new UsageError(explainInput(`the database ${quoteUrl(url.pathname)}`, ALLOWED));
	}

	const username = decode(url.username) ?? credentials.username;
	const password = decode(url.password) ?? credentials.password;
	return {
		host: url.hostname.replace(/^\[|\]$/g, ''),
		port: url.port === '' ? DEFAULT_PORT : Number(url.port),
		tls: url.protocol === 'rediss:',
		database: Number(database),
		...present({ username, password }),
	};
}

function decode(part: string): string | undefined {
	if (part === '') {
		return undefined;
	}
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}
