// What a run over many machines costs: 20,000 small files at a latency of 20 ms, by --strategy async
// in one process, and over 1, 2 and 4 workers behind a queue, all on this machine.
//
//   npm run bench:queue [rounds]     (needs a build and redis-server)
//
// Measured from the start of the first download to the last outcome, with workers waiting. Every
// round has every way once; the ratio is that of the medians.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const TARGETS = 20_000;
const LATENCY_MS = 20;
const SLOTS = 16;
const SHARD_SIZE = 500;
const ROUNDS = Number(process.argv[2] ?? 3);
const WAYS = [0, 1, 2, 4];

const here = import.meta.dirname;
const bin = join(here, '../../bin/flagdl.js');
const children = new Set();

if (spawnSync('redis-server', ['--version']).status !== 0) {
	console.error('bench:queue needs redis-server (Debian: apt install redis-server)');
	process.exit(4);
}

const folder = mkdtempSync(join(tmpdir(), 'flagdl-bench-queue-'));
try {
	await measure();
} finally {
	for (const child of children) child.kill('SIGKILL');
	rmSync(folder, { recursive: true, force: true });
}

async function measure() {
	const { url } = await firstLine(start([join(here, 'queue/server.mjs'), String(LATENCY_MS)]));
	const port = await freePort();
	const redis = spawn(
		'redis-server',
		['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes'],
		{ stdio: 'ignore' },
	);
	children.add(redis);

	const idealS = (TARGETS / SLOTS) * (LATENCY_MS / 1000);
	console.log(
		`${TARGETS} files, ${LATENCY_MS} ms each, ${SLOTS} at once per worker, shards of ${SHARD_SIZE}: at best ${idealS} s with one (Node ${process.version}, ${cpus().length} cores)`,
	);
	const runs = new Map(WAYS.map((workers) => [workers, []]));
	for (let round = 0; round < ROUNDS; round += 1) {
		for (const workers of WAYS) {
			runs.get(workers).push(await run(workers, url, `redis://127.0.0.1:${port}`));
		}
	}

	const base = median(runs.get(0).map(({ wallMs }) => wallMs));
	for (const [workers, results] of runs) report(workers, results, base);
}

async function run(workers, server, redis) {
	const output = join(folder, 'files');
	const crew = Array.from({ length: workers }, () =>
		start([bin, 'worker', '--redis', redis, '-d', output, '-c', String(SLOTS)], 'pipe'),
	);
	await Promise.all(crew.map(async ({ stderr }) => await heard(stderr, 'waiting for shards')));
	const settings = { workers, server, redis, output, targets: TARGETS, slots: SLOTS };
	const coordinator = start([
		join(here, 'queue/coordinator.mjs'),
		JSON.stringify({ ...settings, shardSize: SHARD_SIZE }),
	]);
	const result = await firstLine(coordinator);
	await once(coordinator, 'exit');
	const workerCpuMs = crew.reduce((sum, { pid }) => sum + cpuMsOf(pid), 0);
	for (const child of crew) child.kill('SIGTERM');
	await Promise.all(crew.map(async (child) => await once(child, 'exit')));
	const files = readdirSync(output).filter((name) => name.endsWith('.gif')).length;
	rmSync(output, { recursive: true });
	if (files !== TARGETS || result.ok !== TARGETS) {
		throw new Error(`${workers} workers: ${files} files, ${result.ok} ok`);
	}
	return { ...result, workerCpuMs };
}

function report(workers, results, base) {
	const walls = results.map(({ wallMs }) => wallMs);
	const wall = median(walls);
	const name = workers === 0 ? 'async' : `queue, ${workers} worker${workers === 1 ? '' : 's'}`;
	const list = walls.map((ms) => (ms / 1000).toFixed(2)).join(', ');
	const compared = workers === 0 ? '' : `${(wall / base).toFixed(3)} × async`;
	console.log(
		`${name.padEnd(16)} median ${(wall / 1000).toFixed(2)} s  ${Math.round(TARGETS / (wall / 1000))} targets/s  ${compared}  (${list})`,
	);
	const micro = (ms) => `${((ms * 1000) / TARGETS).toFixed(0)} µs`;
	const cpu = (name) => micro(median(results.map((result) => result[name])));
	if (workers === 0) {
		console.log(`  processor time a target: ${cpu('cpuMs')}`);
		return;
	}
	const perShard = TARGETS / SHARD_SIZE;
	const overMs = wall - base;
	if (workers === 1) {
		console.log(
			`  the queue costs ${micro(overMs)} a target, ${(overMs / perShard).toFixed(1)} ms a shard`,
		);
	}
	const [{ redisPeakBytes, outcomeBytes }] = results;
	console.log(
		`  processor time a target: workers ${cpu('workerCpuMs')}, coordinator ${cpu('cpuMs')}, Redis ${cpu('redisCpuMs')}`,
	);
	console.log(
		`  Redis: at most ${(redisPeakBytes / 1e6).toFixed(1)} MB; ${outcomeBytes.toFixed(1)} bytes kept for each outcome`,
	);
}

/** User and system time of a process, as Linux has it; its ticks are hundredths of a second. */
function cpuMsOf(pid) {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return (Number(fields[11]) + Number(fields[12])) * 10;
}

function start(args, stderr = 'inherit') {
	const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', stderr] });
	children.add(child);
	child.on('exit', () => children.delete(child));
	return child;
}

async function firstLine(child) {
	const [line] = await once(createInterface(child.stdout), 'line');
	return JSON.parse(line);
}

async function heard(stream, words) {
	for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
		if (String(chunk).includes(words)) break;
	}
	stream.resume();
}

async function freePort() {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address();
	server.close();
	return port;
}

function median(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = (sorted.length - 1) / 2;
	return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}
