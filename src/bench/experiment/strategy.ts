import type { Rate } from '../../download/options.ts';
import type { Contestant } from './contestant.ts';

/** How the command itself is started: what only the command line knows. */
export interface Flagdl {
	/** The program of Node. */
	readonly node: string;
	/** Absolute path of `bin/flagdl.js`. */
	readonly bin: string;
	readonly env: Readonly<Record<string, string | undefined>>;
}

export interface StrategyOptions {
	readonly flagdl: Flagdl;
	/** As `--strategy` knows it. */
	readonly strategy: string;
	/** As tables call it. */
	readonly name: string;
	readonly concurrencies: readonly number[];
	/** Of the back-off: the same waits in every run. */
	readonly seed: number;
	readonly rate?: Rate | undefined;
	/** Worker threads, never more than the concurrency. */
	readonly threads: number;
	/** Further arguments of Node. */
	readonly nodeArgs?: readonly string[];
}

/** `flagdl get` with one strategy: the real command, in a process of its own. */
export function strategyContestant(options: StrategyOptions): Contestant {
	const { flagdl, strategy, name, seed, rate, threads, nodeArgs = [] } = options;
	const isSequential = strategy === 'sequential';
	const threadsAt = (concurrency: number) => Math.min(threads, concurrency);

	return {
		name,
		kind: 'strategy',
		concurrencies: isSequential ? [1] : options.concurrencies,
		...(strategy === 'threads' && { threadsAt }),
		command: ({ concurrency, outputDir, lists }) => ({
			file: flagdl.node,
			args: [
				...nodeArgs,
				flagdl.bin,
				'get',
				...['--input', lists.flagdl, '--output-dir', outputDir, '--strategy', strategy],
				...(isSequential ? [] : ['--concurrency', String(concurrency)]),
				...(strategy === 'threads' ? ['--threads', String(threadsAt(concurrency))] : []),
				...(rate === undefined ? [] : ['--rate', `${rate.requests}/${rate.windowMs}ms`]),
				...['--seed', String(seed), '--json', '--quiet'],
			],
			cwd: outputDir,
			env: flagdl.env,
		}),
	};
}
