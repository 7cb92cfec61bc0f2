import { UsageError } from '../../../util/errors.ts';
import { quote, quoteUrl } from '../../../util/text.ts';

/** Where Redis is and who asks. Plain data: it crosses threads. Holds a secret: never printed. */
export interface RedisAddress {
	readonly host: string;
	readonly port: number;
	readonly tls: boolean;
	/** User of the access control list. */
	readonly username?: string;
	readonly password?: string;
	/** Number of the database. */
	readonly database: number;
}

/** What the environment may say instead of the URL, which everybody can see in a list of processes. */
export interface Credentials {
	readonly username?: string | undefined;
	readonly password?: string | undefined;
}

const DEFAULT_PORT = 6379;
const ALLOWED =
	'allowed: redis://host:port/database or rediss:// (TLS), with user:password@ where needed';

/**
 * Reads the URL of a Redis or Valkey server.
 *
 * @param credentials - Taken where the URL has none.
 * @throws {UsageError} Whose message has no password in it.
 */
export function parseRedisUrl(text: string, credentials: Credentials = {}): RedisAddress {
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		// Not quoted: what cannot be read may have a password in it.
		throw new UsageError(`found no URL; ${ALLOWED}`);
	}
	if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
		// What is no scheme may be a user.
		const found = text.includes('://') ? `the scheme ${quote(url.protocol)}` : 'no scheme';
		throw new UsageError(`found ${found}; ${ALLOWED}`);
	}
	if (url.hostname === '') {
		throw new UsageError(`found no host; ${ALLOWED}`);
	}
	if (url.hash !== '' || url.search !== '') {
		throw new UsageError(`found a # or ?; in a password write %23 and %3F; ${ALLOWED}`);
	}
	const database = /^\/?(\d{0,5})$/.exec(url.pathname)?.[1];
	if (database === undefined) {
		throw new UsageError(`found the database ${quoteUrl(url.pathname)}; ${ALLOWED}`);
	}

	const username = decode(url.username) ?? credentials.username;
	const password = decode(url.password) ?? credentials.password;
	return {
		host: url.hostname.replace(/^\[|\]$/g, ''),
		port: url.port === '' ? DEFAULT_PORT : Number(url.port),
		tls: url.protocol === 'rediss:',
		database: Number(database),
		...(username !== undefined && { username }),
		...(password !== undefined && { password }),
	};
}

/** What messages call it: scheme, host and port. */
export function nameOf({ host, port, tls }: RedisAddress): string {
	const literal = host.includes(':') ? `[${host}]` : host;
	return `${tls ? 'rediss' : 'redis'}://${literal}:${port}`;
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
