import type { Rate } from '../../download/options.ts';
import type { Contestant } from './contestant.ts';

/** How flagdl itself is started, which only the command line knows. */
export interface Flagdl {
	/** Path of the Node executable. */
	readonly node: string;
	/** Absolute path of `bin/flagdl.js`. */
	readonly bin: string;
	readonly env: Readonly<Record<string, string | undefined>>;
}

export interface StrategyOptions {
	readonly flagdl: Flagdl;
	/** Value of `--strategy`. */
	readonly strategy: string;
	/** Name in tables. */
	readonly name: string;
	readonly concurrencies: readonly number[];
	/** Seed of the back-off, so that every run has the same waits. */
	readonly seed: number;
	readonly rate?: Rate | undefined;
	/** Worker threads, never more than the concurrency. */
	readonly threads: number;
	/** Further arguments for Node. */
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
