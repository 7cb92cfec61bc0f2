/** Properties of a strategy that are known before its code is loaded. */
interface StrategyTraits {
	/** Whether it runs on this machine alone; the library, `smoke` and `bench` offer only such strategies. */
	readonly local: boolean;
	/** Whether several requests are in flight at once. */
	readonly concurrent: boolean;
}

/** All strategies, the default first. To add one: a line here, its file, and a line in `index.ts`. */
export const STRATEGIES = {
	async: { local: true, concurrent: true },
	threads: { local: true, concurrent: true },
	sequential: { local: true, concurrent: false },
	queue: { local: false, concurrent: true },
} as const satisfies Readonly<Record<string, StrategyTraits>>;

export type StrategyName = keyof typeof STRATEGIES;

/** Strategies that run on this machine alone. */
export type LocalStrategyName = NamesWith<{ readonly local: true }>;

/** Strategies that a queue worker may run: local, with several requests in flight. */
export type WorkerStrategyName = NamesWith<{ readonly local: true; readonly concurrent: true }>;

type NamesWith<T> = {
	[K in StrategyName]: (typeof STRATEGIES)[K] extends T ? K : never;
}[StrategyName];

export const STRATEGY_NAMES: readonly StrategyName[] = Object.keys(
	STRATEGIES,
) as (keyof typeof STRATEGIES)[];

/** The slowest first: it is the baseline of comparisons, and `smoke` finishes sooner if it starts first. */
export const LOCAL_STRATEGY_NAMES: readonly LocalStrategyName[] =
	STRATEGY_NAMES.filter(isLocal).toReversed();

export const WORKER_STRATEGY_NAMES: readonly WorkerStrategyName[] = STRATEGY_NAMES.filter(
	(name): name is WorkerStrategyName => isLocal(name) && STRATEGIES[name].concurrent,
);

function isLocal(name: StrategyName): name is LocalStrategyName {
	return STRATEGIES[name].local;
}
