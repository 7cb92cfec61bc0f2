// Point 3: files limited by the processor: many small ones from nginx on loopback, over http or https.
// The reference is the processor time of `lean`, the minimum of a loop on undici.
//
//   node test/bench/peers/cpu.mjs [files] [rounds] [http|https] [name,…]
//                                                        FLAGDL_BENCH_DIR=/dev/shm for memory
import { join } from 'node:path';
import { commandsFor } from './commands.mjs';
import { startNginx, writeCorpus } from './corpus.mjs';
import { available, folder, measure, rounds, table, wrongFiles } from './measure.mjs';

const FILES = Number(process.argv[2] ?? 50_000);
const ROUNDS = Number(process.argv[3] ?? 3);
const SCHEME = process.argv[4] ?? 'http';
const NAMES = process.argv[5]?.split(',') ?? ['lean', 'curl', 'wget2', 'async', 'threads'];
const SLOTS = 16;
/** Distinct files; longer lists request them again, with another query. */
const DISTINCT = 50_000;

if (!available(['nginx']).includes('nginx')) {
	process.exit(1);
}
const place = folder();
const corpus = [...writeCorpus(join(place.path, 'corpus'), Math.min(FILES, DISTINCT)).entries()];
const nginx = await startNginx(join(place.path, 'corpus'), place.path, {
	isSecure: SCHEME === 'https',
});
const files = Array.from({ length: FILES }, (_, index) => {
	const [name] = corpus[index % corpus.length];
	return { name: `${index}.bin`, url: `${nginx.url}/${name}?n=${index}` };
});
const sizes = new Map(files.map(({ name }, index) => [name, corpus[index % corpus.length][1]]));
const peers = ['curl', 'wget2'].filter((name) => NAMES.includes(name));
const missing = peers.filter((name) => !available(peers).includes(name));

const results = rounds(
	ROUNDS,
	Object.fromEntries(
		NAMES.filter((name) => !missing.includes(name)).map((name) => [name, () => once(name)]),
	),
);
table(
	`${FILES} files of 0.5 to 8 kB over ${SCHEME}, ${SLOTS} at once (Node ${process.version})`,
	results,
	{ files: FILES },
);
nginx.stop();
place.remove();

function once(name) {
	const run = folder();
	const command = commandsFor(files, SLOTS, run.path, { cacert: nginx.cacert })[name];
	const result = measure(command, run.path, (there) =>
		wrongFiles(join(there, 'out'), sizes, name === 'wget2' ? wgetName : undefined),
	);
	run.remove();
	return result;
}

/** File name of wget2, which it derives from the URL. */
function wgetName(name) {
	const index = Number.parseInt(name, 10);
	return `${corpus[index % corpus.length][0]}?n=${index}`;
}
