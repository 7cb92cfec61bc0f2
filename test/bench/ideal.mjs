// Compares a whole run with the ideal: 194 flags at a fixed delay of 0.5 s, 32 at once.
//
//   npm run bench:ideal          (needs a build)
//
// The ideal is ceil(194 / 32) × 0.5 s; the wall time is that of the whole process.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TARGETS = 194;
const SLOTS = 32;
const DELAY_S = 0.5;
const ROUNDS = 3;

const idealS = Math.ceil(TARGETS / SLOTS) * DELAY_S;
console.log(
	`${TARGETS} flags, ${DELAY_S} s each, ${SLOTS} at once: ideal ${idealS} s (Node ${process.version})`,
);
for (const strategy of ['async', 'threads']) {
	const walls = Array.from({ length: ROUNDS }, () => wallOf(strategy)).sort((a, b) => a - b);
	const median = walls[Math.floor(ROUNDS / 2)];
	const list = walls.map((wall) => wall.toFixed(2)).join(', ');
	console.log(
		`${strategy.padEnd(8)} median ${median.toFixed(2)} s, ${(median / idealS).toFixed(3)} × ideal  (${list})`,
	);
}

function wallOf(strategy) {
	const folder = mkdtempSync(join(tmpdir(), 'flagdl-ideal-'));
	const bin = join(import.meta.dirname, '../../bin/flagdl.js');
	const options = ['-a', '-l', TARGETS, '-s', 'DELAY', '-c', SLOTS, '--strategy', strategy, '-q'];
	const before = performance.now();
	const { status } = spawnSync(process.execPath, [bin, ...options.map(String), '-d', folder]);
	const wallS = (performance.now() - before) / 1000;
	const files = readdirSync(folder).length;
	rmSync(folder, { recursive: true });
	if (status !== 0 || files !== TARGETS) {
		throw new Error(`${strategy}: exit code ${status}, ${files} files`);
	}
	return wallS;
}
