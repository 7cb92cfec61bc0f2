import type { Command } from 'commander';
import { WORKER_STRATEGY_NAMES, type WorkerStrategyName } from '../strategies/names.ts';
import {
	addOptions,
	choice,
	type FlagsOf,
	flag,
	option,
	outputDirOption,
	threadsOption,
} from './options/option.ts';
import { parseSlots, parseWhole } from './options/values.ts';
import { prefixOption, redisOption } from './redis-settings.ts';

const EXAMPLES = `
Start any number of workers, on any number of machines; then run:
  flagdl get -i list.txt --strategy queue --redis redis://redis.example:6379

Examples:
  flagdl worker --redis redis://redis.example:6379 -d /data/flags
  FLAGDL_REDIS_URL=rediss://user:secret@redis.example flagdl worker -c 64
  flagdl worker --redis redis://127.0.0.1 --strategy threads --max-shards 100

Runs are sealed (encrypted) in Redis. If they contain logins, set
FLAGDL_QUEUE_KEY to the same value for get and its workers. A worker reports
runs that it cannot open and leaves them to others.

Workers may share an output directory or have one each. On SIGTERM, a worker
returns unfinished work to the queue.

Exit codes: 0 --max-shards are done, 2 usage, 4 Redis is unreachable or the
directory is not writable, 129, 130 and 143 interrupted.`;

export function addWorkerCommand(
	program: Command,
	run: (flags: WorkerFlags) => Promise<void>,
): void {
	const command = program
		.command('worker')
		.summary('process shards of --strategy queue runs, on one of many machines')
		.description(
			'Process shards of the runs that flagdl get --strategy queue puts on a Redis queue.',
		)
		.addHelpText('after', EXAMPLES);
	addOptions(command, workerOptions()).action(run);
}

export type WorkerFlags = FlagsOf<ReturnType<typeof workerOptions>>;

function workerOptions() {
	return {
		redis: redisOption(),
		queuePrefix: prefixOption(),
		outputDir: outputDirOption(),
		concurrency: option('-c, --concurrency <n>', 'requests in flight at once', parseSlots, 16),
		strategy: choice<WorkerStrategyName>(
			'--strategy <name>',
			'how downloads run on this machine',
			WORKER_STRATEGY_NAMES,
			'async',
		),
		threads: threadsOption(),
		maxShards: option(
			'--max-shards <n>',
			'exit after this many shards',
			parseWhole(1, 1_000_000_000),
		),
		quiet: flag('-q, --quiet', 'print nothing while working'),
	};
}
