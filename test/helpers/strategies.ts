import { strategies as unjudged } from '../../src/strategies/index.ts';
import type { Strategy } from '../../src/strategies/strategy.ts';
import type { Target, Targets } from '../../src/targets/target.ts';
import { RunUnderOracle } from './oracle.ts';

/** Every strategy by name, with its runs under the oracle. */
export const strategies: typeof unjudged = {
	sequential: judged(unjudged.sequential),
	threads: judged(unjudged.threads),
	async: judged(unjudged.async),
	// Workers of the queue write to directories that are not known here.
	queue: judged(unjudged.queue, true),
};

/** The same, where others save files at the same time, which the oracle cannot tell from those of the run. */
export const strategiesBesideOthers: typeof unjudged = {
	sequential: judged(unjudged.sequential, true),
	threads: judged(unjudged.threads, true),
	async: judged(unjudged.async, true),
	queue: judged(unjudged.queue, true),
};

function judged(strategy: Strategy, hasOthers = false): Strategy {
	return async function* (targets, context) {
		const run = new RunUnderOracle([], hasOthers);
		let isComplete = false;
		try {
			for await (const outcome of strategy(beginning(targets, run), context)) {
				run.ended({ ...outcome.target, ...outcome });
				yield outcome;
			}
			isComplete = true;
		} finally {
			run.end({ isComplete });
		}
	};
}

async function* beginning(targets: Targets, run: RunUnderOracle): AsyncGenerator<Target> {
	for await (const target of targets) {
		run.begins(target);
		yield target;
	}
}
