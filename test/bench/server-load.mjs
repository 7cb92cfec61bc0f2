// Sends plain requests to `flagdl serve`, and prints its processor time per request and its memory.
//
//   node test/bench/server-load.mjs <requests> <connections> [tree] [options of serve]
//
// `tree` is a built checkout (default: this one), so that two of them can be compared in turn.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import process from 'node:process';

const [count, connections, tree = '.', ...options] = process.argv.slice(2);
const PATHS = ['/flags/br/br.gif', '/flags/us/us.gif', '/flags/ad/metadata.json'];
const SAMPLES = 10;
/** From the kernel's clock, which counts hundredths of a second. */
const US_PER_TICK = 10_000;

const args = [`${tree}/bin/flagdl.js`, 'serve', '--port', '0', ...options];
const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
const [line] = await once(child.stdout, 'data');
const { url, pid } = JSON.parse(line);
const total = Number(count);
const rssMb = [];
let sent = 0;
let done = 0;

const startMs = performance.now();
await Promise.all(Array.from({ length: Number(connections) }, client));
const seconds = (performance.now() - startMs) / 1000;
const cpuUs = Math.round((ticks() * US_PER_TICK * 10) / done) / 10;
const perSecond = Math.round(done / seconds);
console.log(JSON.stringify({ requests: done, cpuUs, perSecond, rssMb }));
child.kill('SIGTERM');
await once(child, 'exit');

async function client() {
	const { hostname, port } = new URL(url);
	const socket = connect({ host: hostname, port: Number(port), noDelay: true });
	let head = '';
	let left = -1;
	socket.on('connect', ask).on('data', (chunk) => {
		if (left < 0) {
			head += chunk.toString('latin1');
			const end = head.indexOf('\r\n\r\n');
			if (end < 0) {
				return;
			}
			left = Number(/content-length: (\d+)/i.exec(head)?.[1]) - (head.length - end - 4);
		} else {
			left -= chunk.length;
		}
		if (left === 0) {
			done += 1;
			if (done % Math.ceil(total / SAMPLES) === 0) {
				rssMb.push(Math.round(status('VmRSS') / 1024));
			}
			ask();
		}
	});
	await once(socket, 'close');

	function ask() {
		if (sent === total) {
			socket.end();
			return;
		}
		const path = PATHS[sent % PATHS.length];
		sent += 1;
		head = '';
		left = -1;
		socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
	}
}

function ticks() {
	const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
	const [user, system] = fields.split(' ').slice(11, 13);
	return Number(user) + Number(system);
}

function status(name) {
	return Number(
		new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
	);
}
