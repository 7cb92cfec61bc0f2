// 254 files from a server that allows 50 requests in any second (429 with Retry-After: 1).
//
//   npm run bench:rate-limit
//
// The server counts. Goal: all files, at most 275 requests, at most slots + 4 refusals, 7.5 s.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { available, BIN, folder, measure, serve } from './peers/measure.mjs';

const FILES = 254;
const SLOTS = 16;
const { default: countries } = await import('../../fixtures/countries.json', {
	with: { type: 'json' },
});

const place = folder();
const scenario = join(place.path, 'limited.json');
const limits = { rateLimit: { requests: 50, window: '1s', retryAfter: '1s' } };
writeFileSync(scenario, JSON.stringify({ version: 1, name: 'limited', latency: '2ms', limits }));
const server = await serve(['--scenario', scenario]);
const files = Array.from({ length: FILES }, (_, index) => {
	const code = countries[index % countries.length].iso_cc.toLowerCase();
	return { url: `${server.url}/flags/${code}/${code}.gif?n=${index}`, name: `${index}.gif` };
});
writeFileSync(
	join(place.path, 'list.txt'),
	files.map(({ url, name }) => `${url}\t${name}\n`).join(''),
);
writeFileSync(
	join(place.path, 'curl.txt'),
	files.map(({ url, name }) => `url = "${url}"\noutput = "out/${name}"\n`).join(''),
);

const curl = ['curl', '-s', '-f', '-Z', '--parallel-max', String(SLOTS), '--create-dirs', '-K'];
const commands = {
	'flagdl async': [process.execPath, BIN, '-i', '../list.txt', '-d', 'out', '-c', String(SLOTS)],
	'flagdl threads': [
		...[process.execPath, BIN, '-i', '../list.txt', '-d', 'out', '-c', String(SLOTS)],
		...['--strategy', 'threads'],
	],
	...(available(['curl']).length > 0 && {
		'curl -Z': [...curl, '../curl.txt'],
		'curl -Z --retry 20': [...curl, '../curl.txt', '--retry', '20'],
	}),
};

console.log(`${FILES} files, 50 requests/s allowed, ${SLOTS} at once (Node ${process.version})`);
console.log(`${''.padEnd(20)}  wall s  files  requests  refused`);
for (const [name, command] of Object.entries(commands)) {
	const run = folder(place.path);
	await fetch(`${server.url}/__flagdl/reset`, { method: 'POST' });
	const { wallS } = measure(command, run.path);
	const log = await (await fetch(`${server.url}/__flagdl/log`)).json();
	const asked = log.requests.filter(({ path }) => path.endsWith('.gif'));
	const refused = asked.filter(({ status }) => status === 429).length;
	const there = readdirSync(join(run.path, 'out')).length;
	console.log(
		`${name.padEnd(20)} ${wallS.toFixed(2).padStart(7)} ${String(there).padStart(6)} ${String(asked.length).padStart(9)} ${String(refused).padStart(8)}`,
	);
	run.remove();
	// The window of one run must not affect the next.
	await new Promise((resolve) => setTimeout(resolve, 1500));
}
server.stop();
place.remove();
