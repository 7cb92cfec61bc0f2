// Speed beside the peers, in one run: npm run bench:peers [-- quick]
//
// Installs nothing: says which Debian packages are missing. Every run's files are counted.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

const quick = process.argv.includes('quick');
const memory = existsSync('/dev/shm') ? { FLAGDL_BENCH_DIR: '/dev/shm' } : {};
console.log(
	`${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`,
);
run('start-up.mjs', [quick ? 5 : 15]);
run('latency.mjs', [quick ? 1 : 5]);
run('cpu.mjs', [quick ? 10_000 : 50_000, quick ? 1 : 3], memory);
run('cpu.mjs', [quick ? 10_000 : 50_000, quick ? 1 : 3]);
run('checksums.mjs', [quick ? 100 : 1000, quick ? 1 : 3], memory);
run('large.mjs', [quick ? 1 : 3], memory);
run('scale.mjs', [quick ? 30_000 : 300_000], memory);

function run(script, args, env = {}) {
	console.log(`\n# ${script} ${args.join(' ')}`);
	spawnSync(process.execPath, [join(import.meta.dirname, 'peers', script), ...args.map(String)], {
		stdio: 'inherit',
		env: { ...process.env, ...env },
	});
}
