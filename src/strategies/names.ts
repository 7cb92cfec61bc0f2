/** What is known of a strategy before its code is loaded. */
interface StrategyTraits {
	/** Whether this process needs no other machine: the library, `smoke` and `bench` have such strategies only. */
	readonly local: boolean;
	/** Whether several requests are in flight at once. */
	readonly concurrent: boolean;
}

/** Every strategy, the usual one first. A strategy is a line here, its file, and a line in `index.ts`. */
export const STRATEGIES = {
	async: { local: true, concurrent: true },
	threads: { local: true, concurrent: true },
	sequential: { local: true, concurrent: false },
	queue: { local: false, concurrent: true },
} as const satisfies Readonly<Record<string, StrategyTraits>>;

export type StrategyName = keyof typeof STRATEGIES;

/** Strategies of this machine. */
export type LocalStrategyName = NamesWith<{ readonly local: true }>;

/** What a worker may run: a local strategy with several requests in flight. */
export type WorkerStrategyName = NamesWith<{ readonly local: true; readonly concurrent: true }>;

type NamesWith<T> = {
	[K in StrategyName]: (typeof STRATEGIES)[K] extends T ? K : never;
}[StrategyName];

export const STRATEGY_NAMES: readonly StrategyName[] = Object.keys(
	STRATEGIES,
) as (keyof typeof STRATEGIES)[];

/** The slowest first: the baseline of a comparison, and no run of `smoke` ends last for it. */
export const LOCAL_STRATEGY_NAMES: readonly LocalStrategyName[] =
	STRATEGY_NAMES.filter(isLocal).toReversed();

export const WORKER_STRATEGY_NAMES: readonly WorkerStrategyName[] = STRATEGY_NAMES.filter(
	(name): name is WorkerStrategyName => isLocal(name) && STRATEGIES[name].concurrent,
);

function isLocal(name: StrategyName): name is LocalStrategyName {
	return STRATEGIES[name].local;
}
