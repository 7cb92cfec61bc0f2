import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { strategies } from '../strategies/index.ts';
import { work } from '../strategies/queue/index.ts';
import type { WorkerEvent } from '../strategies/queue/options.ts';
import { printable } from '../util/text.ts';
import { codeOfInterruption, EXIT, type ExitCode } from './exit-code.ts';
import type { Io } from './io.ts';
import { queueKey, queuePrefix, redisAddress } from './redis-settings.ts';
import type { WorkerFlags } from './worker-command.ts';

/**
 * `flagdl worker`: processes shards until it is stopped.
 *
 * @throws {UsageError}
 * @throws {CannotRunError} If Redis is unreachable, or the directory cannot be written to.
 */
export async function worker(flags: WorkerFlags, io: Io): Promise<ExitCode> {
	const { concurrency, maxShards } = flags;
	const report = (event: WorkerEvent) => {
		if (flags.quiet !== true || event.type === 'notice') {
			io.stderr.write(`${printable(line(event))}\n`);
		}
	};
	await work({
		redis: redisAddress(flags.redis, io.env),
		prefix: queuePrefix(flags.queuePrefix),
		key: queueKey(io.env),
		directory: resolve(io.cwd, flags.outputDir),
		strategy: strategies[flags.strategy],
		concurrency,
		threads: Math.min(flags.threads ?? availableParallelism(), concurrency),
		...(maxShards !== undefined && { maxShards }),
		signal: io.interrupted,
		onEvent: report,
	});
	return codeOfInterruption(io.interrupted) ?? EXIT.ok;
}

function line(event: WorkerEvent): string {
	switch (event.type) {
		case 'ready':
			return `flagdl worker ${event.name}: waiting for shards from ${event.redis}`;
		case 'notice':
			return `flagdl worker: ${event.message}`;
		case 'shard': {
			const { run, shard, targets, counts, tookMs } = event;
			const parts = Object.entries(counts).map(
				([status, count]) => `${count} ${status === 'done' ? 'done before' : status}`,
			);
			return `run ${run} shard ${shard}: ${targets} targets in ${(tookMs / 1000).toFixed(1)} s: ${parts.join(', ')}`;
		}
	}
}
