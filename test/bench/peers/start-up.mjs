// Point 1: from process start to the version, and to the first request on the wire.
//
//   node test/bench/peers/start-up.mjs [rounds]
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { BIN, folder, median } from './measure.mjs';

const ROUNDS = Number(process.argv[2] ?? 15);
const walls = {
	'node -e 0': [],
	'flagdl --version': [],
	'first request': [],
	'first request, threads': [],
};

let onRequest = () => {};
const server = createServer((_request, response) => {
	onRequest();
	response.end('content');
}).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const url = `http://127.0.0.1:${server.address().port}/file.txt`;

for (let round = 0; round < ROUNDS; round += 1) {
	walls['node -e 0'].push(wall(['-e', '0']));
	walls['flagdl --version'].push(wall([BIN, '--version']));
	walls['first request'].push(await firstRequest([]));
	walls['first request, threads'].push(await firstRequest(['--strategy', 'threads']));
}
server.close();

const base = median(walls['node -e 0']);
console.log(`start-up, medians of ${ROUNDS} in turn (Node ${process.version})`);
for (const [name, times] of Object.entries(walls)) {
	const ratio = median(times.map((time, round) => time / walls['node -e 0'][round]));
	console.log(
		`${name.padEnd(24)} ${median(times).toFixed(0).padStart(5)} ms  ${ratio.toFixed(2)} × node -e 0 (${base.toFixed(0)} ms)`,
	);
}

function wall(args) {
	const before = performance.now();
	spawnSync(process.execPath, args, { stdio: 'ignore' });
	return performance.now() - before;
}

async function firstRequest(options) {
	const place = folder();
	const before = performance.now();
	let firstMs = 0;
	onRequest = () => {
		firstMs ||= performance.now() - before;
	};
	const child = spawn(process.execPath, [BIN, url, '-d', place.path, '-q', ...options], {
		stdio: 'ignore',
	});
	await new Promise((resolve) => child.once('exit', resolve));
	place.remove();
	return firstMs;
}
