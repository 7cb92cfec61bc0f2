import { async } from './async.ts';
import type { StrategyName } from './names.ts';
import { sequential } from './sequential.ts';
import type { Strategy } from './strategy.ts';

/** All strategies by name; a name of `names.ts` that is missing here is a compile error. */
export const strategies: Readonly<Record<StrategyName, Strategy>> = {
	sequential,
	threads: lazy(async () => (await import('./threads/index.ts')).threads),
	async,
	queue: lazy(async () => (await import('./queue/index.ts')).queue),
};

/** Loads the code of a strategy on its first run, so that other strategies start faster. */
function lazy(load: () => Promise<Strategy>): Strategy {
	return async function* (targets, context) {
		const strategy = await load();
		yield* strategy(targets, context);
	};
}
