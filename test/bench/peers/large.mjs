// Point 6: large files are no slower. One of 1 GB and sixteen of 64 MB from nginx.
//
//   node test/bench/peers/large.mjs [rounds]          FLAGDL_BENCH_DIR=/dev/shm for memory
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandsFor } from './commands.mjs';
import { startNginx } from './corpus.mjs';
import { available, folder, measure, rounds, table, wrongFiles } from './measure.mjs';

const ROUNDS = Number(process.argv[2] ?? 3);
if (!available(['nginx']).includes('nginx')) {
	process.exit(1);
}
await compare(1, 1_000_000_000);
await compare(16, 64_000_000);

async function compare(count, bytes) {
	const place = folder();
	const corpus = join(place.path, 'corpus');
	mkdirSync(corpus);
	const sizes = new Map();
	for (let index = 0; index < count; index += 1) {
		writeFileSync(join(corpus, `${index}.bin`), '');
		truncateSync(join(corpus, `${index}.bin`), bytes);
		sizes.set(`${index}.bin`, bytes);
	}
	const nginx = await startNginx(corpus, place.path);
	const files = [...sizes.keys()].map((name) => ({ name, url: `${nginx.url}/${name}` }));
	const names = [...available(['curl']), 'async', 'threads'];
	const results = rounds(
		ROUNDS,
		Object.fromEntries(
			names.map((name) => [
				name,
				() => {
					const run = folder();
					const command = commandsFor(files, 16, run.path)[name];
					const result = measure(command, run.path, (there) =>
						wrongFiles(join(there, 'out'), sizes),
					);
					run.remove();
					return result;
				},
			]),
		),
	);
	table(`${count} file(s) of ${bytes / 1e6} MB (Node ${process.version})`, results);
	nginx.stop();
	place.remove();
}
