// Downloads with a slow resolver. Must run in its own namespaces, as root:
//
//   unshare --mount --net node test/network/slow-resolver.mjs <names> <delay in ms> <files> [options of flagdl]
//
// Each name has two small files. An address serves the given number of files, of 2 MiB and stored as gzip. Prints
// how long these took from their headers to the disk, without the names and with them.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';

const [names = '20', delayMs = '2000', files = '100', ...options] = process.argv.slice(2);
const FLAGDL = join(import.meta.dirname, '../../bin/flagdl.js');

const folder = mkdtempSync(join(tmpdir(), 'slow-resolver-'));
writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:30 attempts:1\n');
run('ip', 'link', 'set', 'lo', 'up');
run('mount', '--bind', join(folder, 'resolv.conf'), '/etc/resolv.conf');

/** Queries for IPv4 addresses. */
const asked = { total: 0, atOnce: 0 };
await startResolver();
const origin = await startOrigin();
const small = ['a', 'b'].flatMap((file) =>
	Array.from({ length: Number(names) }, (_, i) => `http://h${i}.test:${origin}/small/${i}${file}`),
);
const large = Array.from(
	{ length: Number(files) },
	(_, i) => `http://127.0.0.1:${origin}/large/${i}`,
);
console.log(JSON.stringify({ withoutNames: await download(large) }));
console.log(JSON.stringify({ withNames: await download([...small, ...large]), asked }));
rmSync(folder, { recursive: true });
process.exit();

function run(program, ...args) {
	const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
	if (status !== 0) {
		throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
	}
}

/** Resolves every name to one address, after a delay. */
async function startResolver() {
	const socket = createSocket('udp4');
	let waiting = 0;
	socket.on('message', (query, { port, address }) => {
		const nameEnd = query.indexOf(0, 12) + 1;
		const isV4 = query.readUInt16BE(nameEnd) === 1;
		const head = Buffer.from(query.subarray(0, nameEnd + 4));
		head.writeUInt16BE(0x8180, 2);
		head.writeUInt16BE(isV4 ? 1 : 0, 6);
		head.fill(0, 8, 12);
		const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1];
		waiting += Number(isV4);
		asked.total += Number(isV4);
		asked.atOnce = Math.max(asked.atOnce, waiting);
		setTimeout(() => {
			waiting -= Number(isV4);
			socket.send(Buffer.concat([head, Buffer.from(isV4 ? record : [])]), port, address);
		}, Number(delayMs));
	});
	socket.bind(53, '127.0.0.1');
	await once(socket, 'listening');
}

async function startOrigin() {
	const gzipped = gzipSync(randomBytes(2 * 1024 * 1024));
	const server = createServer(({ url }, response) => {
		if (url.startsWith('/small')) {
			response.end('small');
		} else {
			response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': gzipped.length });
			response.end(gzipped);
		}
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return server.address().port;
}

async function download(urls) {
	const list = join(folder, 'list.txt');
	const report = join(folder, 'report.ndjson');
	writeFileSync(list, urls.join('\n'));
	const args = ['-i', list, '-d', join(folder, 'out'), '--if-exists', 'overwrite', '-o', '{path}'];
	const child = spawn(
		process.execPath,
		[FLAGDL, ...args, '--max-per-host', '8', '--report', report, '-q', ...options],
		{ stdio: ['ignore', 'ignore', 'inherit'] },
	);
	const [exitCode] = await once(child, 'exit');
	const ended = readFileSync(report, 'utf8')
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line))
		.filter(({ status }) => status === 'ok');
	const writtenMs = ended
		.filter(({ url }) => url.includes('/large/'))
		.map(({ attempts }) => attempts.at(-1).writtenMs - attempts.at(-1).headersMs)
		.sort((a, b) => a - b);
	const at = (fraction) => Math.round(writtenMs[Math.floor(writtenMs.length * fraction)]);
	return { exitCode, saved: ended.length, p50Ms: at(0.5), p99Ms: at(0.99) };
}
