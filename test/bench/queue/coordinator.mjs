// One run, with async in this process or with workers that wait. Prints its cost.
//
// With `look` it inspects the contents of Redis just before the last outcome, which takes time.
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { parseRedisUrl } from '../../../dist/cli/redis-settings.js';
import { DEFAULT_OPTIONS } from '../../../dist/download/options.js';
import { strategies } from '../../../dist/strategies/index.js';
import { openLook } from './redis.mjs';

// As in bin/flagdl.js, so that async behaves the same.
setFlagsFromString('--max-semi-space-size=4');
setFlagsFromString('--semi-space-growth-factor=1');

const { workers, server, redis, output, targets, slots, shardSize, look } = JSON.parse(
	process.argv[2],
);
const nowMs = () => performance.timeOrigin + performance.now();

let firstPullMs;
function* list() {
	for (let index = 0; index < targets; index += 1) {
		// The first shard is queued as soon as it is full.
		firstPullMs ??= nowMs();
		const url = `${server}/images/thumbnails/${index}.gif`;
		yield { id: url, index, url, dest: join(output, `${index}.gif`) };
	}
}

const { numbers, memoryOf, close } = openLook(redis);
const before = await numbers();
const own = process.cpuUsage();
const outcomes = strategies[workers === 0 ? 'async' : 'queue'](list(), {
	options: DEFAULT_OPTIONS,
	concurrency: slots,
	threads: 1,
	signal: new AbortController().signal,
	queue: {
		redis: parseRedisUrl(redis),
		prefix: 'flagdl',
		runId: 'bench',
		shardSize,
		outputDir: output,
		warn: (code, message) => console.error(code, message),
	},
});

const seen = new Set();
const totals = {};
let firstDownloadMs = Number.POSITIVE_INFINITY;
let lastMs = 0;
let held = {};
for await (const { status, startMs, target } of outcomes) {
	lastMs = nowMs();
	firstDownloadMs = Math.min(firstDownloadMs, startMs);
	seen.add(target.index);
	totals[status] = (totals[status] ?? 0) + 1;
	if (look === true && seen.size === targets - 1) {
		held = {
			jobs: await memoryOf(/:shards:.+-\d+$/),
			events: await memoryOf(/:shards:events$/),
			origins: await memoryOf(/:origin:/),
		};
	}
}
const { user, system } = process.cpuUsage(own);
const after = await numbers();
close();
const spent = Object.fromEntries(
	Object.entries(after).map(([name, value]) => [name, value - before[name]]),
);
console.log(
	JSON.stringify({
		outcomes: seen.size,
		totals,
		wallMs: lastMs - firstPullMs,
		downloadsMs: lastMs - firstDownloadMs,
		cpuMs: (user + system) / 1000,
		redis: spent,
		held,
	}),
);
