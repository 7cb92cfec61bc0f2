// A build against itself: the bench must report no difference.
//
//   npm run bench:same [tries]          (needs a build)
//
// An exact 95 % interval of seven rounds covers 1 in 95.3 % of all tries, so one of twenty may miss.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TRIES = Number(process.argv[2] ?? 20);
const NEEDED = 0.95;
const BIN = fileURLToPath(new URL('../../bin/flagdl.js', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'flagdl-same-'));
const file = join(folder, 'bench.json');
let none = 0;
try {
	for (let number = 1; number <= TRIES; number += 1) {
		const { kind, ratio } = attempt(number);
		none += kind === 'faster' ? 0 : 1;
		const { low, high } = ratio.interval;
		console.log(
			`try ${number}: ${kind}, ${low.toFixed(3)}–${high.toFixed(3)} (load ${loadavg()[0].toFixed(1)})`,
		);
	}
} finally {
	rmSync(folder, { recursive: true });
}
console.log(`no difference claimed in ${none} of ${TRIES} tries`);
process.exitCode = none >= NEEDED * TRIES ? 0 : 1;

function attempt(seed) {
	const args = ['bench', '--strategies', 'async,async', '-c', '8', '--seed', String(seed)];
	const { status, stderr } = spawnSync(process.execPath, [BIN, ...args, '--json', file], {
		stdio: ['ignore', 'ignore', 'pipe'],
		encoding: 'utf8',
	});
	if (status !== 0) {
		throw new Error(`flagdl bench: exit code ${status}\n${stderr}`);
	}
	return JSON.parse(readFileSync(file, 'utf8')).analysis.judgements[0];
}
