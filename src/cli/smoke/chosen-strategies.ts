import type { Profile } from '../../smoke/run-spec.ts';
import type { StrategyName } from '../../strategies/index.ts';
import { UsageError } from '../../util/errors.ts';
import { quote } from '../../util/text.ts';

/** Those that need nothing but this machine; the slowest first, so that it does not end last. */
const STRATEGIES: readonly StrategyName[] = ['sequential', 'threads', 'async'];

/** One way to run flagdl. */
export interface Way {
	readonly strategy: StrategyName;
	readonly profile: Profile;
	readonly labels: { readonly strategy: string; readonly c?: string };
}

/**
 * Every strategy with every concurrency; `sequential` has but one.
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
				`--strategies: found ${quote(name)}; allowed: all, ${STRATEGIES.join(', ')}, with commas between them`,
			);
		}
	}

	const chosen = STRATEGIES.filter((name) => wanted.includes('all') || wanted.includes(name));
	return chosen.flatMap((strategy): Way[] =>
		strategy === 'sequential'
			? profiles.slice(0, 1).map((profile) => ({ strategy, profile, labels: { strategy } }))
			: profiles.map((profile) => ({
					strategy,
					profile,
					labels: { strategy, c: String(profile.concurrency) },
				})),
	);
}

function isStrategy(name: string): name is StrategyName {
	return (STRATEGIES as readonly string[]).includes(name);
}
