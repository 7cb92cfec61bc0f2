// Runs complete commands, sequentially, and records what each of them cost.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const BIN = join(import.meta.dirname, '../../../bin/flagdl.js');

/** Names of the peers, and the Debian packages that contain them. */
const PACKAGES = {
	curl: 'curl',
	wget2: 'wget2',
	aria2c: 'aria2',
	nginx: 'nginx-light',
	time: 'time',
};

/** @returns The installed ones of these commands; prints the packages of the others. */
export function available(names) {
	const there = names.filter((name) => spawnSync('which', [name]).status === 0);
	const missing = names
		.filter((name) => !there.includes(name))
		.map((name) => PACKAGES[name] ?? name);
	if (missing.length > 0) {
		console.log(`not installed, left out: apt-get install ${missing.join(' ')}`);
	}
	return there;
}

/** A folder for one run; on a memory file system if there is one. */
export function folder(base = process.env.FLAGDL_BENCH_DIR ?? tmpdir()) {
	const path = mkdtempSync(join(base, 'flagdl-peers-'));
	return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * @param command - Program and arguments.
 * @param check - Counts the errors of the result, given the folder.
 * @returns Wall and processor seconds, peak memory in MB, and the number of wrong files.
 */
export function measure(command, cwd, check = () => 0) {
	const costs = join(tmpdir(), `flagdl-time-${process.pid}`);
	const before = performance.now();
	const { status } = spawnSync('/usr/bin/time', ['-f', '%U %S %M', '-o', costs, ...command], {
		cwd,
		stdio: 'ignore',
		maxBuffer: 1 << 20,
	});
	const wallS = (performance.now() - before) / 1000;
	const [userS, systemS, kibibytes] = readFileSync(costs, 'utf8')
		.trim()
		.split('\n')
		.at(-1)
		.split(' ')
		.map(Number);
	return {
		wallS,
		cpuS: userS + systemS,
		rssMB: (kibibytes * 1024) / 1e6,
		status,
		wrong: check(cwd),
	};
}

/** Runs every command once in each round, so that other load affects all of them. */
export function rounds(count, commands) {
	const results = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
	for (let round = 0; round < count; round += 1) {
		const names = Object.keys(commands);
		for (let turn = 0; turn < names.length; turn += 1) {
			const name = names[(turn + round) % names.length];
			results[name].push(commands[name]());
		}
	}
	return results;
}

export function median(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Prints medians of wall and processor time, and their ratios to those of the first, paired by round.
 * Each ratio of wall times is followed by its minimum and maximum, since they vary with other load.
 */
export function table(title, results, { files } = {}) {
	const [base] = Object.keys(results);
	console.log(`\n${title}`);
	console.log(
		`${''.padEnd(12)} wall s   × ${base.slice(0, 6).padEnd(6)} (spread)    CPU s   × ${base.slice(0, 6).padEnd(6)}  µs/file    MB  wrong`,
	);
	for (const [name, runs] of Object.entries(results)) {
		const ratios = (of) => runs.map((run, round) => run[of] / results[base][round][of]);
		const walls = ratios('wallS');
		const cpuS = median(runs.map((run) => run.cpuS ?? 0));
		const spread = `(${Math.min(...walls).toFixed(2)} to ${Math.max(...walls).toFixed(2)})`;
		console.log(
			[
				name.padEnd(12),
				median(runs.map((run) => run.wallS))
					.toFixed(3)
					.padStart(6),
				median(walls).toFixed(2).padStart(8),
				spread.padEnd(14),
				cpuS.toFixed(2).padStart(7),
				median(ratios('cpuS')).toFixed(2).padStart(8),
				String(files === undefined ? '' : Math.round((cpuS / files) * 1e6)).padStart(10),
				Math.round(median(runs.map((run) => run.rssMB ?? 0)))
					.toString()
					.padStart(6),
				String(runs.reduce((sum, run) => sum + (run.wrong ?? 0), 0)).padStart(5),
			].join(' '),
		);
	}
}

/** Starts `flagdl serve` as a process and waits for its ready line. */
export async function serve(args) {
	const child = spawn(process.execPath, [BIN, 'serve', '--port', '0', ...args], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const line = await new Promise((resolve) => child.stdout.once('data', resolve));
	return { url: JSON.parse(String(line)).url, stop: () => child.kill('SIGTERM') };
}

/**
 * Counts files that are missing or have another size.
 *
 * @param otherName - Name of a file for a client that cannot be given one.
 */
export function wrongFiles(directory, sizes, otherName = (name) => name) {
	let names;
	try {
		names = new Set(readdirSync(directory));
	} catch {
		return sizes.size;
	}
	let wrong = 0;
	for (const [wanted, size] of sizes) {
		const name = names.has(wanted) ? wanted : otherName(wanted);
		if (!names.has(name) || statSync(join(directory, name)).size !== size) {
			wrong += 1;
		}
	}
	return wrong;
}
