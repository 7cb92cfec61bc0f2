import { randomBytes } from 'node:crypto';
import type { QueueOptions } from '../../strategies/queue/options.ts';
import { NAME } from '../../strategies/queue/redis/keys.ts';
import { UsageError } from '../../util/errors.ts';
import { quote } from '../../util/text.ts';
import type { GetFlags } from '../get-flags.ts';
import type { Io } from '../io.ts';
import { queuePrefix, redisAddress } from '../redis-settings.ts';

const DEFAULT_SHARD_SIZE = 500;
/** The name of a run is its identifier and some more. */
const RUN_ID_MAX_LENGTH = 64;

/**
 * Reads `--redis`, `--queue-prefix`, `--shard-size` and `--run-id`.
 *
 * @returns Undefined where the run stays on this machine.
 * @throws {UsageError} When they are not what they should be, or there is no queue to use them.
 */
export function queueOptions(
	flags: GetFlags,
	env: Io['env'],
): Omit<QueueOptions, 'outputDir' | 'warn'> | undefined {
	const { redis, shardSize, runId } = flags;
	if (flags.strategy !== 'queue') {
		const given = Object.entries({ redis, 'shard-size': shardSize, 'run-id': runId });
		for (const [name, value] of given) {
			if (value !== undefined) {
				throw new UsageError(`--${name} is for --strategy queue; give both, or none`);
			}
		}
		return undefined;
	}

	return {
		redis: redisAddress(redis, env),
		prefix: queuePrefix(flags.queuePrefix),
		shardSize: shardSize ?? DEFAULT_SHARD_SIZE,
		runId: runId === undefined ? newRunId() : checkedRunId(runId),
	};
}

function checkedRunId(runId: string): string {
	if (NAME.test(runId) && runId.length <= RUN_ID_MAX_LENGTH) {
		return runId;
	}
	throw new UsageError(
		`--run-id: found ${quote(runId)}; allowed: letters, digits, dots, dashes and underscores, ${RUN_ID_MAX_LENGTH} at most`,
	);
}

/** To be recognised by the day. */
function newRunId(): string {
	const day = new Date().toISOString().slice(0, 10);
	return `${day}-${randomBytes(3).toString('hex')}`;
}
