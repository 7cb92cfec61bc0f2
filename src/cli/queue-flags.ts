import { Option } from 'commander';

/** Not with a default: what the environment says is read when the command runs. */
export function redisOption(): Option {
	return new Option(
		'--redis <url>',
		'redis://host:port/database or rediss:// (default: FLAGDL_REDIS_URL)',
	);
}

export function prefixOption(): Option {
	return new Option(
		'--queue-prefix <name>',
		'prefix of all keys in Redis; the same for get and worker',
	).default('flagdl');
}
