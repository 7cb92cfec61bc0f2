// Point 4: a list of a million targets, a real run of 300,000, and a run that skips all of them.
//
//   node test/bench/peers/scale.mjs [files]          FLAGDL_BENCH_DIR=/dev/shm for memory

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	closeSync,
	createWriteStream,
	fstatSync,
	openSync,
	readdirSync,
	readFileSync,
	readSync,
} from 'node:fs';
import { join } from 'node:path';
import { BIN, folder, measure, serve } from './measure.mjs';

/** Number of printed memory values over time. */
const SHOWN = 12;

const FILES = Number(process.argv[2] ?? 300_000);
const { default: countries } = await import('../../../fixtures/countries.json', {
	with: { type: 'json' },
});

const place = folder();
console.log(`scale (Node ${process.version})`);
await writeList('million.txt', 1_000_000, 'http://127.0.0.1:9');
report('--dry-run of 1,000,000', run(['-i', 'million.txt', '--dry-run']), 1_000_000);

const server = await serve([]);
await writeList('list.txt', FILES, server.url);
for (const strategy of ['async', 'threads']) {
	const out = `out-${strategy}`;
	const options = ['-i', 'list.txt', '-d', out, '--strategy', strategy, '--progress', 'none'];
	const reports = ['--failed-file', 'failed.txt', '--report', 'report.ndjson'];
	const { rssMB, ...result } = await watched([...options, ...reports]);
	report(`${strategy}, with reports`, { ...result, rssMB: Math.max(...rssMB) }, FILES);
	const every = Math.ceil(rssMB.length / SHOWN);
	const shown = rssMB.filter((_, index) => index % every === 0).map((value) => Math.round(value));
	console.log(`  MB over time: ${shown.join(' ')}`);
	console.log(`  ${countFiles(out)} files on disk`);
	report(`${strategy}, all skipped`, run(options), FILES);
}
server.stop();
place.remove();

function run(args) {
	return measure([process.execPath, BIN, ...args], place.path);
}

/** Samples the memory of a run from /proc. */
async function watched(args) {
	const before = performance.now();
	const child = spawn(process.execPath, [BIN, ...args], { cwd: place.path, stdio: 'ignore' });
	const rssMB = [];
	const timer = setInterval(() => {
		const kibibytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
		if (kibibytes !== undefined) {
			rssMB.push((Number(kibibytes) * 1024) / 1e6);
		}
	}, 200);
	const [status] = await once(child, 'exit');
	clearInterval(timer);
	const wallS = (performance.now() - before) / 1000;
	const { cpuMs, maxRssBytes } = runEnd(join(place.path, 'report.ndjson'));
	return { status, wallS, cpuS: cpuMs / 1000, rssMB: [...rssMB, maxRssBytes / 1e6] };
}

/** The last event of a report. */
function runEnd(path) {
	const file = openSync(path);
	const bytes = Buffer.alloc(4096);
	const read = readSync(file, bytes, 0, bytes.length, fstatSync(file).size - bytes.length);
	closeSync(file);
	return JSON.parse(bytes.toString('utf8', 0, read).trim().split('\n').at(-1));
}

function report(name, { wallS, cpuS, rssMB, status }, targets) {
	console.log(
		`${name.padEnd(26)} ${wallS.toFixed(1).padStart(6)} s  ${Math.round(targets / wallS)
			.toLocaleString('en')
			.padStart(
				8,
			)} targets/s  CPU ${cpuS.toFixed(1)} s  peak ${Math.round(rssMB)} MB  exit ${status}`,
	);
}

function countFiles(directory) {
	return readdirSync(join(place.path, directory), { recursive: true, withFileTypes: true }).filter(
		(entry) => entry.isFile(),
	).length;
}

async function writeList(name, count, url) {
	const stream = createWriteStream(join(place.path, name));
	for (let index = 0; index < count; index += 1) {
		const code = countries[index % countries.length].iso_cc.toLowerCase();
		const line = `${url}/flags/${code}/${code}.gif?n=${index}\t${index % 300}/${index}.gif\n`;
		if (!stream.write(line)) {
			await once(stream, 'drain');
		}
	}
	stream.end();
	await once(stream, 'finish');
}
