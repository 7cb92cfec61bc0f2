// Point 3: files whose time is the processor's. 50,000 small files from nginx on loopback.
//
//   node test/bench/peers/cpu.mjs [files] [rounds]       FLAGDL_BENCH_DIR=/dev/shm for memory
import { join } from 'node:path';
import { commandsFor } from './commands.mjs';
import { startNginx, writeCorpus } from './corpus.mjs';
import { available, folder, measure, rounds, table, wrongFiles } from './measure.mjs';

const FILES = Number(process.argv[2] ?? 50_000);
const ROUNDS = Number(process.argv[3] ?? 3);
const SLOTS = 16;

if (!available(['nginx']).includes('nginx')) {
	process.exit(1);
}
const place = folder();
const sizes = writeCorpus(join(place.path, 'corpus'), FILES);
const nginx = await startNginx(join(place.path, 'corpus'), place.path);
const files = [...sizes.keys()].map((name) => ({ name, url: `${nginx.url}/${name}` }));
const names = [...available(['curl', 'wget2']), 'async', 'threads', 'bare'];

const results = rounds(
	ROUNDS,
	Object.fromEntries(
		names.map((name) => [
			name,
			() => {
				const run = folder();
				const command = commandsFor(files, SLOTS, run.path)[name];
				const result = measure(command, run.path, (there) => wrongFiles(join(there, 'out'), sizes));
				run.remove();
				return result;
			},
		]),
	),
);
table(`${FILES} files of 0.5 to 8 kB, ${SLOTS} at once (Node ${process.version})`, results, {
	files: FILES,
});
nginx.stop();
place.remove();
