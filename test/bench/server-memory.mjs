// Whether the memory of `flagdl serve` stays constant over many requests of all kinds.
//
//   npm run build && node test/bench/server-memory.mjs [requests]
//
// Needs Linux (reads /proc). Requests have ever new run ids and unknown paths, meet faults, and some clients
// disconnect before the response: everything that might leak.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const total = Number(process.argv[2] ?? 200_000);
const STEPS = 10;
const CLIENTS = 64;
const bin = fileURLToPath(new URL('../../bin/flagdl.js', import.meta.url));
const countries = JSON.parse(
	readFileSync(new URL('../../fixtures/countries.json', import.meta.url), 'utf8'),
);
const codes = countries.map(({ iso_cc }) => iso_cc.toLowerCase());
const rule = (id, then) => ({ id, select: { probability: 0.02 }, then });
const scenario = {
	version: 1,
	latency: { dist: 'uniform', min: '0ms', max: '4ms' },
	rules: [
		rule('busy', { type: 'status', status: 503 }),
		rule('reset', { type: 'reset', at: { fraction: 0.5 } }),
		rule('short', { type: 'truncate', framing: 'chunked' }),
		rule('rot', { type: 'corrupt' }),
		rule('stall', { type: 'stall', at: 'after-headers' }),
		rule('moved', { type: 'redirect' }),
		rule('race', { type: 'keepalive-race' }),
		rule('thin', { type: 'bandwidth', rate: '1MB/s' }),
	],
};

const folder = mkdtempSync(join(tmpdir(), 'flagdl-bench-'));
const file = join(folder, 'all.json');
writeFileSync(file, JSON.stringify(scenario));
const server = spawn(process.execPath, [bin, 'serve', '--port', '0', '--scenario', file], {
	stdio: ['ignore', 'pipe', 'inherit'],
});
try {
	const [line] = await once(server.stdout, 'data');
	const { url } = JSON.parse(line);
	const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
	const rss = [];
	let sent = 0;
	for (let step = 1; step <= STEPS; step += 1) {
		const until = (total * step) / STEPS;
		await Promise.all(
			Array.from({ length: CLIENTS }, async () => {
				while (sent < until) {
					sent += 1;
					await ask(url, agent, sent);
				}
			}),
		);
		rss.push(rssMiB(server.pid));
		console.log(`${Math.round(until)} requests: ${rss.at(-1).toFixed(1)} MiB`);
	}
	const half = rss.slice(STEPS / 2 - 1);
	console.log(
		`second half: ${Math.min(...half).toFixed(1)} to ${Math.max(...half).toFixed(1)} MiB, ` +
			`last less middle ${(half.at(-1) - half[0]).toFixed(1)} MiB`,
	);
	agent.destroy();
} finally {
	server.kill('SIGTERM');
	await once(server, 'exit');
	rmSync(folder, { recursive: true });
}

function ask(url, agent, number) {
	const code = codes[number % codes.length];
	const path =
		number % 20 === 0 ? `/${'x'.repeat(2000)}${number}` : `/flags/${code}/${code}.gif?${number}`;
	return new Promise((resolve) => {
		const headers = { 'x-flagdl-run': `run ${Math.floor(number / 300)}${'y'.repeat(500)}` };
		const sent = request(url + path, { agent, headers }, (response) => {
			if (number % 50 === 0) {
				response.destroy();
			}
			response.resume().on('close', resolve).on('error', resolve);
		});
		sent.setTimeout(100, () => sent.destroy());
		sent.on('error', resolve).on('close', resolve).end();
	});
}

function rssMiB(pid) {
	const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
	return (pages * 4096) / 1024 ** 2;
}
