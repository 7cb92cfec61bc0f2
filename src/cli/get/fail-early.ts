import type { Strategy } from '../../strategies/strategy.ts';
import { Stopped } from './stopped.ts';

/** `--fail-early`: the first file that cannot be had ends the others. */
export function failEarly(strategy: Strategy, stop: AbortController): Strategy {
	return async function* (targets, context) {
		for await (const outcome of strategy(targets, context)) {
			yield outcome;
			if (outcome.status === 'error' || outcome.status === 'not_found') {
				stop.abort(new Stopped('fail_early', `stopped after ${outcome.target.id} (--fail-early)`));
			}
		}
	};
}
