import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rate } from '../../download/options.ts';
import type { Command } from '../../util/child-process.ts';

/** A strategy of flagdl, or another program, that does the work. */
export interface Contestant {
	/** Unique within a bench. */
	readonly name: string;
	readonly kind: 'strategy' | 'peer';
	/** Each is a cell. */
	readonly concurrencies: readonly number[];
	/** Worker threads at a concurrency; only for the strategy that has them. */
	readonly threadsAt?: (concurrency: number) => number;
	/** Path of the saved file; absent if it is the name in the list. */
	readonly fileOf?: (target: WorkTarget) => string;
	readonly command: (task: Task) => Command;
}

export interface Task {
	readonly concurrency: number;
	/** Empty, and removed after the run. Names are relative to it. */
	readonly outputDir: string;
	readonly lists: Lists;
	/** CA of the bundled server, if it speaks HTTPS. */
	readonly caFile?: string | undefined;
}

/** The same work in the list formats of the contestants. */
export interface Lists {
	readonly targets: readonly WorkTarget[];
	/** Absolute path of a list for `flagdl get -i`. */
	readonly flagdl: string;
	/** Writes a file with an entry for each target, on its first call. Returns its absolute path. */
	readonly write: (name: string, entryOf: (target: WorkTarget) => string) => string;
}

export interface WorkTarget {
	readonly id: string;
	readonly url: string;
	/** Path below the output directory, with `/`. */
	readonly name: string;
	/** Digest of the correct content, if it is known. */
	readonly sha256?: string;
	readonly bytes?: number;
}

export function writeLists(directory: string, targets: readonly WorkTarget[]): Lists {
	const write: Lists['write'] = (name, entryOf) => {
		const path = join(directory, name);
		if (!existsSync(path)) {
			writeFileSync(path, targets.map(entryOf).join(''));
		}
		return path;
	};
	return {
		targets,
		flagdl: write('flagdl.txt', ({ url, name }) => `${url}\t${name}\n`),
		write,
	};
}

/** How flagdl itself is started, which only the command line knows. */
export interface Flagdl {
	readonly node: string;
	readonly bin: string;
	readonly env: Readonly<Record<string, string | undefined>>;
}

export interface StrategyOptions {
	readonly flagdl: Flagdl;
	readonly strategy: string;
	readonly name: string;
	readonly concurrencies: readonly number[];
	/** Seed of the back-off, so that every run has the same waits. */
	readonly seed: number;
	readonly rate?: Rate | undefined;
	/** Worker threads, never more than the concurrency. */
	readonly threads: number;
	readonly nodeArgs?: readonly string[];
}

/** `flagdl get` with one strategy: the real command in its own process. */
export function strategyContestant(options: StrategyOptions): Contestant {
	const { flagdl, strategy, name, seed, rate, threads, nodeArgs = [] } = options;
	const isSequential = strategy === 'sequential';
	const threadsAt = (concurrency: number) => Math.min(threads, concurrency);

	return {
		name,
		kind: 'strategy',
		concurrencies: isSequential ? [1] : options.concurrencies,
		...(strategy === 'threads' && { threadsAt }),
		command: ({ concurrency, outputDir, lists, caFile }) => ({
			file: flagdl.node,
			args: [
				...nodeArgs,
				flagdl.bin,
				'get',
				...['--input', lists.flagdl, '--output-dir', outputDir, '--strategy', strategy],
				...(isSequential ? [] : ['--concurrency', String(concurrency)]),
				...(strategy === 'threads' ? ['--threads', String(threadsAt(concurrency))] : []),
				...(rate === undefined ? [] : ['--rate', `${rate.requests}/${rate.windowMs}ms`]),
				...(caFile === undefined ? [] : ['--cacert', caFile]),
				...['--seed', String(seed), '--json', '--quiet'],
			],
			cwd: outputDir,
			env: flagdl.env,
		}),
	};
}

/** Runs a program, forwards SIGTERM, and prints the POSIX `times` at its end. */
const SCRIPT =
	'"$@" & child=$!; trap \'kill $child; wait $child\' TERM; wait $child; code=$?; times >&2; exit $code';

/** Wraps a command in a shell that measures its processor time, which Node does not do for children. */
export function withTimes(command: Command): Command {
	return { ...command, file: 'sh', args: ['-c', SCRIPT, 'sh', command.file, ...command.args] };
}

/** Two lines of user and system time, the second of the children. */
const TIMES = /^\d+m[\d.]+s \d+m[\d.]+s\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s\n?$/m;

/** @returns Processor time in milliseconds, if the log has it. */
export function timesIn(log: string): number | undefined {
	const found = TIMES.exec(log);
	if (found === null) {
		return undefined;
	}
	const [userMin, userS, systemMin, systemS] = found.slice(1).map(Number) as [
		number,
		number,
		number,
		number,
	];
	return Math.round(((userMin + systemMin) * 60 + userS + systemS) * 1000);
}

export function withoutTimes(log: string): string {
	return log.replace(TIMES, '');
}
