import { async } from './async.ts';
import { sequential } from './sequential.ts';
import type { Strategy } from './strategy.ts';

export type StrategyName = 'sequential' | 'threads' | 'async' | 'queue';

/** Every strategy by its name. Adding one is a file and a line here. */
export const strategies: Readonly<Record<StrategyName, Strategy>> = {
	sequential,
	threads: late(async () => (await import('./threads/index.ts')).threads),
	async,
	queue: late(async () => (await import('./queue/index.ts')).queue),
};

/** Loaded when it runs: nobody else pays for it. */
function late(load: () => Promise<Strategy>): Strategy {
	return async function* (targets, context) {
		const strategy = await load();
		yield* strategy(targets, context);
	};
}
