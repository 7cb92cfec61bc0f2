import type { WorkTarget } from '../../bench/experiment/contestant.ts';
import type { WorkScenario } from '../../bench/results.ts';
import type { LoadedScenario } from '../../scenarios/bundled.ts';
import { loadScenario } from '../../scenarios/load-scenario.ts';
import { planRun } from '../../scenarios/plan-run.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { UsageError } from '../../util/errors.ts';
import type { BenchFlags } from './flags.ts';

/** A constant latency and no faults: what differs are the strategies. */
const DEFAULT_SCENARIO = 'clean';

export interface BenchScenario extends LoadedScenario {
	/** As it was asked for: a name or a file. */
	readonly asGiven: string;
}

/**
 * @param bundled - Whether it is the bundled server that has the files.
 * @throws {UsageError} When there is no such scenario, or nobody to play it.
 */
export function openScenario(
	{ scenario, seed }: BenchFlags,
	bundled: boolean,
	cwd: string,
): BenchScenario | undefined {
	if (!bundled) {
		if (scenario === undefined) {
			return undefined;
		}
		throw new UsageError(
			'--scenario is for the bundled server, and the list has URLs of yours; drop one of them',
		);
	}

	const asGiven = scenario ?? DEFAULT_SCENARIO;
	const loaded = loadScenario(asGiven, cwd);
	return {
		...loaded,
		asGiven,
		scenario: { ...loaded.scenario, ...(seed !== undefined && { seed }) },
	};
}

/** Of `flagdl get`. */
const RETRIES = 3;

interface PlannedWork {
	readonly scenario: WorkScenario;
	/** Ids of targets whose content will be false in a way that no client can see. */
	readonly undetectable: ReadonlySet<string>;
}

/** What the scenario will do to the targets, before it does. */
export function planWork(
	scenario: Scenario,
	targets: readonly WorkTarget[],
	concurrencies: Iterable<number>,
): PlannedWork {
	const sizes = new Map(targets.map(({ url, bytes = 0 }) => [new URL(url).pathname, bytes]));
	const paths = [...sizes.keys()];
	const bytesOf = (path: string) => sizes.get(path) ?? 0;
	const planAt = (concurrency: number) =>
		planRun(scenario, paths, { retries: RETRIES, concurrency, bytesOf });
	const plan = planAt(1);
	const faults: Record<string, number> = {};
	for (const { rule } of plan.targets.flatMap(({ attempts }) => attempts)) {
		if (rule !== undefined) {
			faults[rule] = (faults[rule] ?? 0) + 1;
		}
	}

	const { name, description, limits } = scenario;
	const falsePaths = new Set(plan.undetectable);
	return {
		scenario: {
			name,
			description,
			...(limits.rate && {
				rate: { requests: limits.rate.requests, windowMs: limits.rate.windowMs },
			}),
			planned: {
				faults,
				ok: plan.totals.ok,
				exact: plan.dependsOn.length === 0,
				idealMs: Object.fromEntries(
					[...new Set(concurrencies)].map((slots) => [slots, planAt(slots).time?.idealMs ?? 0]),
				),
			},
		},
		undetectable: new Set(
			targets.flatMap(({ id, url }) => (falsePaths.has(new URL(url).pathname) ? [id] : [])),
		),
	};
}
