import { parseRedisUrl, type RedisAddress } from '../strategies/queue/redis/address.ts';
import { UsageError } from '../util/errors.ts';
import { quote } from '../util/text.ts';
import type { Io } from './io.ts';
import { withOptionName } from './with-option-name.ts';

/**
 * Where Redis is: `--redis`, or `FLAGDL_REDIS_URL`; what the URL does not say of user and password
 * may be in `FLAGDL_REDIS_USERNAME` and `FLAGDL_REDIS_PASSWORD`.
 *
 * @throws {UsageError} If it is not given, or cannot be read.
 */
export function redisAddress(redis: string | undefined, env: Io['env']): RedisAddress {
	const credentials = {
		username: filled(env['FLAGDL_REDIS_USERNAME']),
		password: filled(env['FLAGDL_REDIS_PASSWORD']),
	};
	const fromEnv = filled(env['FLAGDL_REDIS_URL']);
	if (redis !== undefined) {
		return withOptionName('--redis', () => parseRedisUrl(redis, credentials));
	}
	if (fromEnv !== undefined) {
		return withOptionName('FLAGDL_REDIS_URL', () => parseRedisUrl(fromEnv, credentials));
	}
	throw new UsageError(
		'found no Redis to use; give --redis redis://host:6379, or set FLAGDL_REDIS_URL',
	);
}

/** @throws {UsageError} */
export function queuePrefix(prefix: string): string {
	if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(prefix)) {
		return prefix;
	}
	throw new UsageError(
		`--queue-prefix: found ${quote(prefix)}; allowed: letters, digits, dots, dashes and underscores, 64 at most`,
	);
}

function filled(text: string | undefined): string | undefined {
	return text === undefined || text === '' ? undefined : text;
}
