// Prints the title of each test, sorted; one line for all rows of `it.each`. With a file that this script has printed
// for another commit: what is gone since (`-`), and what is new (`+`), by the title alone, as files move.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const titles = ['vitest.config.ts', 'test/slow/vitest.config.ts'].flatMap(titlesOf).sort();
const [file] = process.argv.slice(2);
if (file === undefined) {
	console.log(titles.join('\n'));
} else {
	const earlier = readFileSync(file, 'utf8').trimEnd().split('\n');
	for (const [sign, list, others] of [
		['-', earlier, titles],
		['+', titles, earlier],
	]) {
		for (const title of list.filter((one) => !others.includes(one))) {
			console.log(`${sign} ${title}`);
		}
	}
}

function titlesOf(config) {
	const folder = mkdtempSync(join(tmpdir(), 'flagdl-titles-'));
	const list = join(folder, 'titles.json');
	try {
		const options = ['list', '--staticParse', '--config', config, `--json=${list}`];
		execFileSync('npx', ['vitest', ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
		return JSON.parse(readFileSync(list, 'utf8')).map(({ name }) => name);
	} finally {
		rmSync(folder, { recursive: true });
	}
}
