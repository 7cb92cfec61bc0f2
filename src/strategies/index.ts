import { async } from './async.ts';
import type { StrategyName } from './names.ts';
import { sequential } from './sequential.ts';
import type { Strategy } from './strategy.ts';

/** Every strategy by its name; a name of `names.ts` that is missing here does not compile. */
export const strategies: Readonly<Record<StrategyName, Strategy>> = {
	sequential,
	threads: lazy(async () => (await import('./threads/index.ts')).threads),
	async,
	queue: lazy(async () => (await import('./queue/index.ts')).queue),
};

/** A strategy whose code is loaded by its first run; other strategies do not pay for it. */
function lazy(load: () => Promise<Strategy>): Strategy {
	return async function* (targets, context) {
		const strategy = await load();
		yield* strategy(targets, context);
	};
}
