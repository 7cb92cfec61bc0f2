// Processor time per request of `flagdl serve --upstream`, beside minimal reverse proxies of node:http and undici.
//
//   npm run build && node test/bench/upstream.mjs [rounds] [requests]
//
// Needs Linux (reads /proc). In each round both proxies are in front of the same service and get the same
// requests in turn: GETs of 1 kB on 32 kept connections. Differences are paired by round, so that other load
// affects both.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';

const CONNECTIONS = 32;
const own = fileURLToPath(import.meta.url);
const bin = fileURLToPath(new URL('../../bin/flagdl.js', import.meta.url));

if (process.argv[2] === '--bare') {
	bareProxy(process.argv[3]);
} else {
	await main(...process.argv.slice(2).map(Number));
}

async function main(rounds = 7, requests = 10_000) {
	const content = Buffer.alloc(1000, 'x');
	const service = createServer((_, response) => {
		response.setHeader('content-type', 'text/plain');
		response.setHeader('content-length', content.length);
		response.setHeader('etag', '"1"');
		response.end(content);
	});
	service.listen(0, '127.0.0.1');
	await once(service, 'listening');
	const upstream = `http://127.0.0.1:${service.address().port}`;
	const proxies = [
		await start('bare', [own, '--bare', upstream]),
		await start('flagdl', [bin, 'serve', '--port', '0', '--upstream', upstream]),
	];
	try {
		for (const proxy of proxies) {
			await measure(proxy, requests);
		}
		const more = [];
		for (let round = 1; round <= rounds; round += 1) {
			const cpuUs = {};
			for (const proxy of round % 2 === 0 ? proxies : proxies.toReversed()) {
				cpuUs[proxy.name] = await measure(proxy, requests);
			}
			more.push(cpuUs.flagdl - cpuUs.bare);
			console.log(
				`round ${round}: bare ${cpuUs.bare.toFixed(1)} µs, flagdl ${cpuUs.flagdl.toFixed(1)} µs`,
			);
		}
		const sorted = more.toSorted((a, b) => a - b);
		const middle = sorted[sorted.length >> 1].toFixed(1);
		console.log(
			`flagdl more than bare, a request: ${middle} µs (${sorted[0].toFixed(1)} to ${sorted.at(-1).toFixed(1)} in ${rounds} rounds)`,
		);
	} finally {
		for (const { child } of proxies) {
			child.kill('SIGTERM');
		}
		service.close();
		service.closeAllConnections();
	}
}

async function start(name, args) {
	const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
	const [line] = await once(child.stdout, 'data');
	return { name, child, url: JSON.parse(line).url };
}

async function measure({ child, url }, requests) {
	const pool = new Pool(url, { connections: CONNECTIONS });
	const beforeUs = cpuUs(child.pid);
	let sent = 0;
	await Promise.all(
		Array.from({ length: CONNECTIONS }, async () => {
			while (sent < requests) {
				sent += 1;
				const { statusCode, body } = await pool.request({ path: `/${sent % 100}`, method: 'GET' });
				const { length } = await body.text();
				if (statusCode !== 200 || length !== 1000) {
					throw new Error(`found ${statusCode} with ${length} bytes`);
				}
			}
		}),
	);
	await pool.close();
	return (cpuUs(child.pid) - beforeUs) / sent;
}

/** User and system time; the kernel counts in hundredths of a second. */
function cpuUs(pid) {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** A proxy without any feature of flagdl. */
function bareProxy(upstream) {
	const pool = new Pool(upstream, { connections: 256 });
	const server = createServer(async (incoming, outgoing) => {
		const { statusCode, headers, body } = await pool.request({
			path: incoming.url,
			method: incoming.method,
			headers: { ...incoming.headers, connection: undefined },
			body: 'content-length' in incoming.headers ? incoming : null,
		});
		outgoing.writeHead(statusCode, { ...headers, connection: 'keep-alive' });
		body.pipe(outgoing);
	});
	server.listen(0, '127.0.0.1', () => {
		console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
	});
}
