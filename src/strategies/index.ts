import { async } from './async.ts';
import { sequential } from './sequential.ts';
import type { Strategy } from './strategy.ts';
import { threads } from './threads/index.ts';

export type StrategyName = 'sequential' | 'threads' | 'async' | 'queue';

/** Loaded when it runs: nobody else pays for it. */
const queue: Strategy = async function* (targets, context) {
	const { queue: overMachines } = await import('./queue/index.ts');
	yield* overMachines(targets, context);
};

/** Every strategy by its name. Adding one is a file and a line here. */
export const strategies: Readonly<Record<StrategyName, Strategy>> = {
	sequential,
	threads,
	async,
	queue,
};
