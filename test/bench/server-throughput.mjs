// Requests per second on one core: `flagdl serve` against nginx with the same files, by wrk.
//
//   npm run build && node test/bench/server-throughput.mjs [rounds] [seconds]
//
// Needs Linux with nginx, wrk and taskset. Both servers have core 0, one after the other in each round,
// wrk has core 1; the ratio is taken round by round, so that what else the machine does falls on both.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const [rounds = 5, seconds = 4] = process.argv.slice(2).map(Number);
const CONNECTIONS = 32;
const PATH = '/flags/br/br.gif';
const root = fileURLToPath(new URL('../../fixtures', import.meta.url));
const bin = fileURLToPath(new URL('../../bin/flagdl.js', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'flagdl-bench-'));
const servers = [];
try {
	const nginx = await startNginx();
	const flagdl = await startFlagdl();
	const ratios = [];
	for (let round = 1; round <= rounds; round += 1) {
		const [first, second] = round % 2 === 0 ? [flagdl, nginx] : [nginx, flagdl];
		const rates = new Map([
			[first, measure(first)],
			[second, measure(second)],
		]);
		ratios.push(rates.get(flagdl) / rates.get(nginx));
		console.log(
			`round ${round}: flagdl ${rate(rates.get(flagdl))}, nginx ${rate(rates.get(nginx))}, ratio ${ratios.at(-1).toFixed(3)}`,
		);
	}
	const sorted = ratios.toSorted((a, b) => a - b);
	console.log(
		`flagdl serve does ${median(sorted).toFixed(2)} of nginx's requests (${sorted[0].toFixed(2)} to ${sorted.at(-1).toFixed(2)} in ${rounds} rounds)`,
	);
} finally {
	for (const server of servers) {
		server.kill('SIGTERM');
		if (server.exitCode === null) await once(server, 'exit');
	}
	rmSync(folder, { recursive: true });
}

async function startNginx() {
	const port = await freePort();
	const config = join(folder, 'nginx.conf');
	writeFileSync(
		config,
		`daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
		events { worker_connections 1024; }
		http {
			access_log off; sendfile on; tcp_nopush on; open_file_cache max=1000;
			keepalive_requests 100000000; types { image/gif gif; }
			client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
			uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
			server { listen 127.0.0.1:${port}; root ${root}; }
		}`,
	);
	servers.push(
		spawn('taskset', ['-c', '0', 'nginx', '-e', `${folder}/error.log`, '-c', config], {
			stdio: 'inherit',
		}),
	);
	const url = `http://127.0.0.1:${port}`;
	await answers(url);
	return url;
}

async function startFlagdl() {
	const server = spawn('taskset', ['-c', '0', process.execPath, bin, 'serve', '--port', '0'], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	servers.push(server);
	const [line] = await once(server.stdout, 'data');
	return JSON.parse(line).url;
}

function measure(url) {
	const args = ['-c', '1', 'wrk', '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, url + PATH];
	const { stdout } = spawnSync('taskset', args, { encoding: 'utf8' });
	if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout);
	return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]);
}

async function answers(url) {
	for (let tries = 0; tries < 100; tries += 1) {
		try {
			if ((await fetch(url + PATH)).ok) return;
		} catch {
			await sleep(50);
		}
	}
	throw new Error(`${url} does not answer`);
}

async function freePort() {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address();
	server.close();
	return port;
}

function median(sorted) {
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function rate(perSecond) {
	return `${Math.round(perSecond)}/s`;
}
