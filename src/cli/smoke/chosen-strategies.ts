import type { Profile } from '../../smoke/run-spec.ts';
import {
	LOCAL_STRATEGY_NAMES,
	type LocalStrategyName,
	STRATEGIES,
} from '../../strategies/names.ts';
import { UsageError } from '../../util/errors.ts';
import { quote } from '../../util/text.ts';

/** One way to run flagdl. */
export interface Way {
	readonly strategy: LocalStrategyName;
	readonly profile: Profile;
	readonly labels: { readonly strategy: string; readonly c?: string };
}

/**
 * Every strategy with every concurrency; one without concurrency has one way.
 *
 * @throws {UsageError} When a strategy is unknown.
 */
export function chosenWays(
	names: readonly string[] | undefined,
	profiles: readonly Profile[],
): readonly Way[] {
	const wanted = names ?? ['all'];
	for (const name of wanted) {
		if (name !== 'all' && !isStrategy(name)) {
			throw new UsageError(
				`--strategies: found ${quote(name)}; allowed: all, ${LOCAL_STRATEGY_NAMES.join(', ')}, with commas between them`,
			);
		}
	}

	const chosen = LOCAL_STRATEGY_NAMES.filter(
		(name) => wanted.includes('all') || wanted.includes(name),
	);
	return chosen.flatMap((strategy): Way[] =>
		STRATEGIES[strategy].concurrent
			? profiles.map((profile) => ({
					strategy,
					profile,
					labels: { strategy, c: String(profile.concurrency) },
				}))
			: profiles.slice(0, 1).map((profile) => ({ strategy, profile, labels: { strategy } })),
	);
}

function isStrategy(name: string): name is LocalStrategyName {
	return (LOCAL_STRATEGY_NAMES as readonly string[]).includes(name);
}
