// Requests per second on one core: `flagdl serve` against nginx with the same files, by wrk.
//
//   npm run build && node test/bench/server-throughput.mjs [rounds] [seconds]
//
// Needs Linux with nginx, wrk and taskset. Both servers run on core 0, in turn in each round, wrk on core 1.
// Ratios are paired by round, so that other load affects both. On a busy machine, compare the processor time
// per request, which excludes waiting.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
	const ratios = { rate: [], cpu: [] };
	for (let round = 1; round <= rounds; round += 1) {
		const order = round % 2 === 0 ? [flagdl, nginx] : [nginx, flagdl];
		const measured = new Map(order.map((server) => [server, measure(server)]));
		const [ours, theirs] = [measured.get(flagdl), measured.get(nginx)];
		ratios.rate.push(ours.rate / theirs.rate);
		ratios.cpu.push(theirs.cpuUs / ours.cpuUs);
		console.log(`round ${round}: flagdl ${show(ours)}; nginx ${show(theirs)}`);
	}
	console.log(`requests per second, flagdl to nginx: ${summary(ratios.rate)}`);
	console.log(`requests per processor time, flagdl to nginx: ${summary(ratios.cpu)}`);
} finally {
	for (const server of servers) {
		server.kill('SIGTERM');
		if (server.exitCode === null) {
			await once(server, 'exit');
		}
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
	const args = ['-c', '0', 'nginx', '-e', `${folder}/error.log`, '-c', config];
	const server = spawn('taskset', args, { stdio: 'inherit' });
	servers.push(server);
	const url = `http://127.0.0.1:${port}`;
	await answers(url);
	const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
	return { url, pid: Number(children.trim().split(' ')[0]) };
}

async function startFlagdl() {
	const server = spawn('taskset', ['-c', '0', process.execPath, bin, 'serve', '--port', '0'], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	servers.push(server);
	const [line] = await once(server.stdout, 'data');
	return { url: JSON.parse(line).url, pid: server.pid };
}

function measure({ url, pid }) {
	const args = ['-c', '1', 'wrk', '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, url + PATH];
	const beforeUs = cpuUs(pid);
	const { stdout } = spawnSync('taskset', args, { encoding: 'utf8' });
	if (/Non-2xx|Socket errors/.test(stdout)) {
		throw new Error(stdout);
	}
	const requests = Number(/(\d+) requests in/.exec(stdout)[1]);
	const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]);
	return { rate, cpuUs: (cpuUs(pid) - beforeUs) / requests };
}

/** User and system time; the kernel counts in hundredths of a second. */
function cpuUs(pid) {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

async function answers(url) {
	for (let tries = 0; tries < 100; tries += 1) {
		try {
			if ((await fetch(url + PATH)).ok) {
				return;
			}
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

function summary(ratios) {
	const sorted = ratios.toSorted((a, b) => a - b);
	const middle = sorted[sorted.length >> 1];
	return `${middle.toFixed(2)} (${sorted[0].toFixed(2)} to ${sorted.at(-1).toFixed(2)} in ${rounds} rounds)`;
}

function show({ rate, cpuUs }) {
	return `${Math.round(rate)}/s, ${cpuUs.toFixed(1)} µs each`;
}
