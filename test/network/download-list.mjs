// Downloads a list with the library, whose undici is not bundled, and writes each outcome as JSON.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { download } from '../../dist/index.js';

const [listFile, folder, strategy] = process.argv.slice(2);
const targets = readFileSync(listFile, 'utf8')
	.split('\n')
	.map((line) => line.split('\t'))
	.map(([url, dest]) => ({ url, dest: join(folder, dest) }));
const settings = { strategy, retries: 0, stallTimeMs: 1000, threads: 2 };
for await (const { target, failure } of download(targets, settings)) {
	console.log(JSON.stringify({ type: 'outcome', url: target.url, error: failure }));
}
