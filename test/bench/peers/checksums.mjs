// Point 5: threads that pay off. Processor work for each file: SHA-256 of 2 MB.
//
//   node test/bench/peers/checksums.mjs [files] [rounds]
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandsFor } from './commands.mjs';
import { startNginx } from './corpus.mjs';
import { available, folder, measure, rounds, table, wrongFiles } from './measure.mjs';

const FILES = Number(process.argv[2] ?? 300);
const ROUNDS = Number(process.argv[3] ?? 3);
const BYTES = 2_000_000;

if (!available(['nginx']).includes('nginx')) {
	process.exit(1);
}
const place = folder();
const corpus = join(place.path, 'corpus');
mkdirSync(corpus);
const sizes = new Map();
const sums = [];
for (let index = 0; index < FILES; index += 1) {
	const content = Buffer.alloc(BYTES, `flagdl ${index} `);
	writeFileSync(join(corpus, `${index}.bin`), content);
	sizes.set(`${index}.bin`, BYTES);
	sums.push(`${createHash('sha256').update(content).digest('hex')}  ${index}.bin`);
}
const nginx = await startNginx(corpus, place.path);
const files = [...sizes.keys()].map((name) => ({ name, url: `${nginx.url}/${name}` }));
const results = rounds(
	ROUNDS,
	Object.fromEntries(
		['async', 'threads'].map((name) => [
			name,
			() => {
				const run = folder();
				writeFileSync(join(run.path, 'SHA256SUMS'), `${sums.join('\n')}\n`);
				const command = [...commandsFor(files, 16, run.path)[name], '--checksums', 'SHA256SUMS'];
				const before = serverCpuS(nginx.pid);
				const result = measure(command, run.path, (there) => wrongFiles(join(there, 'out'), sizes));
				run.remove();
				return { ...result, serverS: serverCpuS(nginx.pid) - before };
			},
		]),
	),
);
table(`${FILES} files of 2 MB with --checksums, 16 at once (Node ${process.version})`, results, {
	files: FILES,
});
for (const [name, runs] of Object.entries(results)) {
	console.log(
		`${name}: nginx took ${runs.map(({ serverS }) => serverS.toFixed(2)).join(', ')} s of processor time`,
	);
}
nginx.stop();
place.remove();

/** User and system time of a process, in seconds, from /proc (100 ticks a second). */
function serverCpuS(pid) {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return (Number(fields[11]) + Number(fields[12])) / 100;
}
