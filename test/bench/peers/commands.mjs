// The same list and concurrency, with the fairest options of each downloader.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BIN } from './measure.mjs';

/**
 * Writes the list in the format of each downloader.
 *
 * @param files - `{url, name}` of each file.
 * @param options - `cacert`: a CA file that each must trust; `flagdl`: options instead of `--progress none`.
 * @returns Commands by name; each saves to the folder `out` below its working directory.
 */
export function commandsFor(files, slots, cwd, { cacert, ...options } = {}) {
	const write = (name, lines) => {
		writeFileSync(join(cwd, name), `${lines.join('\n')}\n`);
		return name;
	};
	const list = write(
		'list.txt',
		files.map(({ url, name }) => `${url}\t${name}`),
	);
	const config = write(
		'curl.txt',
		files.map(({ url, name }) => `url = "${url}"\noutput = "out/${name}"`),
	);
	const aria = write(
		'aria2.txt',
		files.map(({ url, name }) => `${url}\n out=${name}`),
	);
	const wget = write(
		'wget2.txt',
		files.map(({ url }) => url),
	);
	const trust = (option) => (cacert === undefined ? [] : [option, cacert]);
	const flagdl = (strategy) => [
		...[
			process.execPath,
			BIN,
			'-i',
			list,
			'-d',
			'out',
			'-c',
			String(slots),
			'--strategy',
			strategy,
		],
		...(options.flagdl ?? ['--progress', 'none']),
		...trust('--cacert'),
	];
	return {
		async: flagdl('async'),
		threads: flagdl('threads'),
		lean: [
			...(cacert === undefined ? [] : ['env', `NODE_EXTRA_CA_CERTS=${cacert}`]),
			...[process.execPath, join(import.meta.dirname, 'lean-loop.mjs'), list, 'out', String(slots)],
		],
		curl: [
			...['curl', '-s', '-f', '-Z', '--parallel-immediate', '--parallel-max', String(slots)],
			...['--create-dirs', '-K', config, ...trust('--cacert')],
		],
		wget2: [
			...['wget2', '-q', '--max-threads', String(slots), '-P', 'out', '-i', wget, '--no-robots'],
			...['--progress=none', ...trust('--ca-certificate')],
		],
		aria2c: [
			...['aria2c', '-q', '-j', String(slots), '-d', 'out', '-i', aria, '--allow-overwrite=true'],
			...['--file-allocation=none', '--auto-file-renaming=false', '--console-log-level=error'],
		],
	};
}
