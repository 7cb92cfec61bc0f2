// Point 1: from process start to the version, and to the first request on the wire.
//
//   node test/bench/peers/start-up.mjs [rounds] [node …]      other Nodes by path: `npx -y node@24 -p process.execPath`
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { BIN, folder, median } from './measure.mjs';

const ROUNDS = Number(process.argv[2] ?? 15);
const NODES = process.argv.length > 3 ? process.argv.slice(3) : [process.execPath];
/** The lower bound of a program on undici. */
const UNDICI = `require('undici'); new (require('undici').Client)(process.argv[1]).dispatch({ path: '/', method: 'GET' }, { onConnect() {}, onHeaders: () => true, onData: () => true, onComplete: () => process.exit(), onError() {} })`;

let onRequest = () => {};
const server = createServer((_request, response) => {
	onRequest();
	response.end('content');
}).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

for (const node of NODES) {
	const walls = {
		'node -e 0': [],
		'flagdl --version': [],
		'first request': [],
		'first request, threads': [],
		'first request, undici': [],
	};
	for (let round = 0; round < ROUNDS; round += 1) {
		walls['node -e 0'].push(wall(node, ['-e', '0']));
		walls['flagdl --version'].push(wall(node, [BIN, '--version']));
		walls['first request'].push(await firstRequest(node, []));
		walls['first request, threads'].push(await firstRequest(node, ['--strategy', 'threads']));
		walls['first request, undici'].push(await untilRequest(node, ['-e', UNDICI, origin]));
	}
	print(node, walls);
}
server.close();

function print(node, walls) {
	const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
	console.log(`start-up, medians of ${ROUNDS} in turn (Node ${version})`);
	const base = walls['node -e 0'];
	for (const [name, times] of Object.entries(walls)) {
		const beyondMs = median(times.map((time, round) => time - base[round]));
		const ratio = median(times.map((time, round) => time / base[round]));
		console.log(
			`${name.padEnd(24)} ${median(times).toFixed(0).padStart(5)} ms  ${beyondMs.toFixed(0).padStart(4)} ms and ${ratio.toFixed(2)} × beyond and beside node -e 0`,
		);
	}
}

function wall(node, args) {
	const before = performance.now();
	spawnSync(node, args, { stdio: 'ignore' });
	return performance.now() - before;
}

async function firstRequest(node, options) {
	const place = folder();
	const firstMs = await untilRequest(node, [
		...[BIN, `${origin}/file.txt`, '-d', place.path, '-q', ...options],
	]);
	place.remove();
	return firstMs;
}

async function untilRequest(node, args) {
	const before = performance.now();
	let firstMs = 0;
	onRequest = () => {
		firstMs ||= performance.now() - before;
	};
	const child = spawn(node, args, { stdio: 'ignore', cwd: import.meta.dirname });
	await new Promise((resolve) => child.once('exit', resolve));
	return firstMs;
}
