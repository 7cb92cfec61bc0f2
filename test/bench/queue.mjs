// The cost of a run over many machines: 20,000 small files at a latency of 20 ms, with --strategy async
// in one process, and with 1, 2 and 4 workers behind a queue, all on this machine.
//
//   npm run bench:queue -- [--rounds 3] [--targets 20000] [--latency-ms 20] [--slots 16]
//                          [--shard-size 100] [--workers 1,2,4]     (needs a build and redis-server)
//
// --rounds 0 measures only what Redis and the coordinator hold.
//
// Measured from the first target that is pulled from the list, just before the first shard is queued, to
// the last outcome, with workers waiting. Every round has every configuration once; ratios are paired by
// round. After each run all files are read, all outcomes and all requests counted.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { GIF } from './queue/gif.mjs';
import {
	cpuMsOf,
	end,
	endAll,
	firstLine,
	freePort,
	heard,
	rssBytesOf,
	start,
	startScript,
} from './queue/processes.mjs';
import { openLook } from './queue/redis.mjs';

const text = (value) => ({ type: 'string', default: value });
const { values } = parseArgs({
	options: {
		...{ rounds: text('3'), targets: text('20000'), 'latency-ms': text('20') },
		...{ slots: text('16'), 'shard-size': text('100'), workers: text('1,2,4') },
	},
});
const ROUNDS = Number(values.rounds);
const TARGETS = Number(values.targets);
const LATENCY_MS = Number(values['latency-ms']);
const SLOTS = Number(values.slots);
const SHARD_SIZE = Number(values['shard-size']);
const WORKERS = values.workers.split(',').map(Number);
/** Number of shards that a coordinator opens without a worker. */
const OPEN_MIN = 16;

const here = import.meta.dirname;
const bin = join(here, '../../bin/flagdl.js');

if (spawnSync('redis-server', ['--version']).status !== 0) {
	console.error('bench:queue needs redis-server (Debian: apt install redis-server)');
	process.exit(4);
}

const folder = mkdtempSync(join(tmpdir(), 'flagdl-bench-queue-'));
const output = join(folder, 'files');
try {
	await measure();
} finally {
	endAll();
	rmSync(folder, { recursive: true, force: true });
}

async function measure() {
	const { url: server } = await firstLine(
		startScript([join(here, 'queue/server.mjs'), String(LATENCY_MS)]),
	);
	const port = await freePort();
	const files = ['--dir', folder, '--save', '', '--appendonly', 'yes'];
	start('redis-server', ['--port', String(port), '--bind', '127.0.0.1', ...files], 'ignore');
	const at = { server, redis: `redis://127.0.0.1:${port}` };
	const look = openLook(at.redis);

	const { stdout: version } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
	const [model] = cpus();
	console.log(
		`${TARGETS} files of ${GIF.length} bytes, ${LATENCY_MS} ms each, ${SLOTS} at once per worker, shards of ${SHARD_SIZE}
Node ${process.version}, Redis ${/v=(\S+)/.exec(version)?.[1]} (AOF), ${cpus().length} × ${model?.model}, load ${loadavg()[0].toFixed(1)}
at best ${((TARGETS / SLOTS) * LATENCY_MS) / 1000} s with one worker`,
	);

	const runs = new Map([0, ...WORKERS].map((workers) => [workers, []]));
	for (let round = 0; round < ROUNDS; round += 1) {
		for (const [workers, results] of runs) {
			results.push(await run(workers, at));
		}
	}
	const base = runs.get(0);
	if (ROUNDS > 0) {
		for (const [workers, results] of runs) {
			report(workers, results, base);
		}
	}
	await reportAlone(at);
	await reportMemory(at, look);
	look.close();
}

/** @param settings - `keep`: the files remain for the next run. */
async function run(workers, at, { keep = false, hasFiles = false, look = false } = {}) {
	const crew = Array.from({ length: workers }, () =>
		start(
			process.execPath,
			[bin, 'worker', '--redis', at.redis, '-d', output, '-c', String(SLOTS)],
			['ignore', 'ignore', 'pipe'],
		),
	);
	await Promise.all(crew.map(async ({ stderr }) => await heard(stderr, 'waiting for shards')));
	const startedCpuMs = sum(crew.map(cpuMsOf));
	const coordinator = startScript([
		join(here, 'queue/coordinator.mjs'),
		JSON.stringify({
			...{ ...at, workers, output, look },
			...{ targets: TARGETS, slots: SLOTS, shardSize: SHARD_SIZE },
		}),
	]);
	const exited = once(coordinator, 'exit');
	const result = await firstLine(coordinator);
	await exited;
	const workerCpuMs = sum(crew.map(cpuMsOf)) - startedCpuMs;
	await Promise.all(crew.map(end));
	await check(`${workers} workers`, result, at, hasFiles);
	if (!keep) {
		rmSync(output, { recursive: true });
	}
	return { ...result, workerCpuMs };
}

/** @throws If the result of a run is wrong: its time is then meaningless. */
async function check(name, { outcomes, totals }, { server }, hasFiles) {
	const requests = Number(await (await fetch(`${server}/counted`)).text());
	const names = readdirSync(output).filter((file) => !file.startsWith('.'));
	const whole = names.filter((file) => readFileSync(join(output, file)).equals(GIF)).length;
	const found = { outcomes, totals, files: names.length, whole, requests };
	const expected = {
		...{ outcomes: TARGETS, totals: { [hasFiles ? 'skipped' : 'ok']: TARGETS } },
		...{ files: TARGETS, whole: TARGETS, requests: hasFiles ? 0 : TARGETS },
	};
	if (JSON.stringify(found) === JSON.stringify(expected)) {
		return;
	}
	throw new Error(`${name}: ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
}

function report(workers, results, base) {
	const wallS = median(results.map(({ wallMs }) => wallMs)) / 1000;
	const list = results.map(({ wallMs }) => (wallMs / 1000).toFixed(2)).join(', ');
	const name = workers === 0 ? 'async' : `queue, ${workers} worker${workers === 1 ? '' : 's'}`;
	console.log(`\n${name}: median ${wallS.toFixed(2)} s (${list})`);
	const perTarget = (value) => `${((median(results.map(value)) * 1000) / TARGETS).toFixed(0)} µs`;
	if (workers === 0) {
		console.log(
			`  ${Math.round(TARGETS / wallS)} targets/s; processor ${perTarget((one) => one.cpuMs)} a target`,
		);
		return;
	}
	const ratios = results.map(({ wallMs }, round) => wallMs / base[round].wallMs);
	const between = `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`;
	console.log(`  ${median(ratios).toFixed(3)} × async in the same round (${between})`);
	console.log(
		`  ${Math.round(TARGETS / wallS)} targets/s, ${Math.round(TARGETS / wallS / workers)} a worker`,
	);
	if (workers === 1) {
		const overMs = median(results.map(({ wallMs }, round) => wallMs - base[round].wallMs));
		console.log(
			`  the queue costs ${((overMs * 1000) / TARGETS).toFixed(0)} µs a target, ${((overMs * SHARD_SIZE) / TARGETS).toFixed(1)} ms a shard of ${SHARD_SIZE}`,
		);
	}
	const processor = {
		worker: (one) => one.workerCpuMs,
		coordinator: (one) => one.cpuMs,
		Redis: (one) => one.redis.cpuMs,
	};
	const costs = Object.entries(processor).map(([who, value]) => `${who} ${perTarget(value)}`);
	console.log(`  processor a target: ${costs.join(', ')}`);
	const mean = (name) => (median(results.map(({ redis }) => redis[name])) / TARGETS).toFixed(2);
	console.log(
		`  Redis a target: ${mean('commands')} commands, ${mean('inBytes')} bytes in, ${mean('outBytes')} bytes out`,
	);
}

/** The queue without downloads: all files exist already. */
async function reportAlone(at) {
	const filled = await run(1, at, { keep: true, look: true });
	const { held } = filled;
	const { wallMs, redis, cpuMs, workerCpuMs } = await run(2, at, { hasFiles: true });
	const micro = (ms) => ((ms * 1000) / TARGETS).toFixed(0);
	console.log(
		`\nnothing to download, 2 workers: ${Math.round((TARGETS * 1000) / wallMs)} targets/s; processor a target: workers ${micro(workerCpuMs)} µs, coordinator ${micro(cpuMs)} µs, Redis ${micro(redis.cpuMs)} µs`,
	);
	const { jobs, events, origins } = held;
	console.log(
		`\nRedis holds before the last outcome: ${jobs.count} jobs of ${jobs.bytes} bytes, events of ${events.bytes} bytes, ${origins.bytes} bytes of the origins`,
	);
}

/** A run without workers, whose shards wait. */
async function reportMemory(at, look) {
	await look.client.flushall();
	const idle = await look.numbers();
	const shards = OPEN_MIN;
	const coordinator = startScript([
		join(here, 'queue/coordinator.mjs'),
		JSON.stringify({
			...{ ...at, workers: 1, output, look: false },
			...{ targets: 2 * shards * SHARD_SIZE, slots: SLOTS, shardSize: SHARD_SIZE },
		}),
	]);
	while ((await look.client.llen('{flagdl}:shards:wait')) < shards) {
		await sleep(50);
	}
	const busy = await look.numbers();
	const rssBytes = rssBytesOf(coordinator);
	coordinator.kill('SIGKILL');
	await once(coordinator, 'exit');
	const each = Math.round((busy.memoryBytes - idle.memoryBytes) / shards);
	const urlBytes = `${at.server}/images/thumbnails/123456.gif`.length;
	console.log(
		`  of each waiting shard of ${SHARD_SIZE} URLs of ${urlBytes} bytes: ${each} bytes (used_memory, ${shards} shards waiting)
coordinator with ${shards} shards open: ${(rssBytes / 1e6).toFixed(0)} MB resident`,
	);
}

function sum(values) {
	return values.reduce((total, value) => total + value, 0);
}

function median(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = (sorted.length - 1) / 2;
	return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}
