// Speed compared with the peers and the floor, in one run: npm run bench:peers [-- quick]
//
// Installs nothing: prints which Debian packages are missing. The files of every run are counted.
// FLAGDL_NODES=<path>,<path> measures the start on other Node versions, too.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

const quick = process.argv.includes('quick');
const memory = existsSync('/dev/shm') ? { FLAGDL_BENCH_DIR: '/dev/shm' } : {};
const nodes = process.env.FLAGDL_NODES?.split(',') ?? [process.execPath];
console.log(
	`${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`,
);
if (quick) {
	run('start-up.mjs', [5, ...nodes]);
	run('cpu.mjs', [10_000, 3, 'http', 'lean,curl,async,threads'], memory);
	run('cpu.mjs', [10_000, 3, 'https', 'lean,curl,async,threads'], memory);
	run('checksums.mjs', [100, 1], memory);
} else {
	run('start-up.mjs', [15, ...nodes]);
	run('latency.mjs', [5]);
	run('cpu.mjs', [50_000, 5, 'http'], memory);
	run('cpu.mjs', [50_000, 5, 'https'], memory);
	run('cpu.mjs', [200_000, 3, 'http', 'curl,async,threads'], memory);
	run('cpu.mjs', [50_000, 3, 'http']);
	run('checksums.mjs', [1000, 3], memory);
	run('large.mjs', [3], memory);
	run('scale.mjs', [300_000], memory);
}

function run(script, args, env = {}) {
	console.log(`\n# ${script} ${args.join(' ')}`);
	spawnSync(process.execPath, [join(import.meta.dirname, 'peers', script), ...args.map(String)], {
		stdio: 'inherit',
		env: { ...process.env, ...env },
	});
}
