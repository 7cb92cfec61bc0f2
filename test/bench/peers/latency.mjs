// Point 2: files limited by the server's latency. How close is a whole process to the ideal?
//
//   node test/bench/peers/latency.mjs [rounds]
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandsFor } from './commands.mjs';
import { available, folder, measure, rounds, serve, table, wrongFiles } from './measure.mjs';

const ROUNDS = Number(process.argv[2] ?? 5);
const COUNTRIES = await import('../../../fixtures/countries.json', { with: { type: 'json' } });
const CODES = COUNTRIES.default.map(({ iso_cc }) => iso_cc.toLowerCase());

await compare({ count: 194, latencyMs: 50, slots: [16, 32, 64], rounds: ROUNDS });
await compare({ count: 194, latencyMs: 20, slots: [50], rounds: ROUNDS });
if (ROUNDS > 1) {
	await compare({ count: 5000, latencyMs: 20, slots: [50], rounds: Math.min(3, ROUNDS) });
}

async function compare({ count, latencyMs, slots, rounds: turns }) {
	const place = folder();
	const scenario = join(place.path, 'latency.json');
	writeFileSync(
		scenario,
		JSON.stringify({ version: 1, name: 'latency', latency: `${latencyMs}ms` }),
	);
	const server = await serve(['--scenario', scenario]);
	const files = Array.from({ length: count }, (_, index) => fileAt(index, server.url));
	const sizes = new Map(
		await Promise.all(files.map(async ({ name, code }) => [name, await sizeOf(code)])),
	);
	for (const slot of slots) {
		const ideal = (Math.ceil(count / slot) * latencyMs) / 1000;
		const all = commandsFor(files, slot, place.path);
		const names = ['lean', 'async', 'threads', ...available(['curl', 'wget2', 'aria2c'])];
		const results = rounds(
			turns,
			Object.fromEntries(names.map((name) => [name, () => once(all[name], place.path, sizes)])),
		);
		table(
			`${count} files, ${latencyMs} ms, ${slot} at once: ideal ${ideal.toFixed(2)} s (Node ${process.version})`,
			results,
			{ files: count },
		);
	}
	server.stop();
	place.remove();
}

function fileAt(index, url) {
	const code = CODES[index % CODES.length];
	return {
		code,
		url: `${url}/flags/${code}/${code}.gif?n=${index}`,
		name: `${code}-${index}.gif`,
	};
}

async function sizeOf(code) {
	const { statSync } = await import('node:fs');
	return statSync(join(import.meta.dirname, `../../../fixtures/flags/${code}/${code}.gif`)).size;
}

function once(command, cwd, sizes) {
	const out = folder();
	const result = measure(
		command.map((part) => part),
		prepare(cwd, out.path),
		(there) =>
			wrongFiles(join(there, 'out'), sizes, (name) => name.replace(/-(\d+)\.gif$/, '.gif?n=$1')),
	);
	out.remove();
	return result;
}

/** Each run has its own folder, with the lists in it. */
function prepare(from, to) {
	for (const name of ['list.txt', 'curl.txt', 'aria2.txt', 'wget2.txt']) {
		copyFileSync(join(from, name), join(to, name));
	}
	return to;
}
