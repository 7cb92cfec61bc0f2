// One run, by async in this process or over workers that wait. Prints what it took.
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Redis } from 'ioredis';
import { DEFAULT_OPTIONS } from '../../../dist/download/options.js';
import { strategies } from '../../../dist/strategies/index.js';
import { parseRedisUrl } from '../../../dist/strategies/queue/redis/address.js';

// As bin/flagdl.js has them, so that async here is what it is there.
setFlagsFromString('--max-semi-space-size=4');
setFlagsFromString('--semi-space-growth-factor=1');

const { workers, server, redis, output, targets, slots, shardSize } = JSON.parse(process.argv[2]);

function* list() {
	for (let index = 0; index < targets; index += 1) {
		const url = `${server}/images/thumbnails/${index}.gif`;
		yield { id: url, index, url, dest: join(output, `${index}.gif`) };
	}
}

const look = new Redis(redis);
const redisCpuMs = async () => {
	const info = await look.info('cpu');
	const [, system] = /used_cpu_sys:([\d.]+)/.exec(info);
	const [, user] = /used_cpu_user:([\d.]+)/.exec(info);
	return (Number(system) + Number(user)) * 1000;
};
await look.config('RESETSTAT');
const cpuBefore = await redisCpuMs();
const own = process.cpuUsage();

let ok = 0;
let firstMs = Number.POSITIVE_INFINITY;
let outcomeBytes = 0;
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
let lastMs = 0;
for await (const { status, startMs } of outcomes) {
	firstMs = Math.min(firstMs, startMs);
	if (status === 'ok') ok += 1;
	if (ok === targets - 1 && workers > 0) {
		const [stream] = await look.keys('*:outcomes');
		outcomeBytes = (await look.memory('USAGE', stream, 'SAMPLES', 0)) / ok;
	}
	lastMs = performance.timeOrigin + performance.now();
}
const { user, system } = process.cpuUsage(own);
const peak = Number(/used_memory_peak:(\d+)/.exec(await look.info('memory'))[1]);
console.log(
	JSON.stringify({
		ok,
		wallMs: lastMs - firstMs,
		cpuMs: (user + system) / 1000,
		redisCpuMs: (await redisCpuMs()) - cpuBefore,
		redisPeakBytes: peak,
		outcomeBytes,
	}),
);
look.disconnect();
