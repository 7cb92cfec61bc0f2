import type { WorkTarget } from '../../bench/experiment/contestant.ts';
import type { WorkScenario } from '../../bench/results.ts';
import { DEFAULT_OPTIONS } from '../../download/options.ts';
import type { LoadedScenario } from '../../scenarios/bundled.ts';
import { loadScenario } from '../../scenarios/load-scenario.ts';
import { planRun } from '../../scenarios/plan-run.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import type { Manifest } from '../../server/content/manifest.ts';
import { UsageError } from '../../util/errors.ts';
import type { BenchFlags } from './options.ts';
import type { BenchTargets } from './targets.ts';

/** A constant latency and no faults, so that only the strategies differ. */
const DEFAULT_SCENARIO = 'clean';

export interface BenchScenario extends LoadedScenario {
	/** As given: a name or a file. */
	readonly asGiven: string;
}

/**
 * @throws {UsageError} If there is no such scenario, or it is not the bundled server that serves the files.
 */
export function loadBenchScenario(
	{ scenario, seed }: BenchFlags,
	{ bundled, manifest }: Pick<BenchTargets, 'bundled' | 'manifest'>,
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
	const loaded = loadScenario(asGiven, cwd, manifest?.files);
	return {
		...loaded,
		asGiven,
		scenario: { ...loaded.scenario, ...(seed !== undefined && { seed }) },
	};
}

/** Computes what the scenario will do to the targets, and which will be wrong so that no client can detect it. */
export function planWork(
	scenario: Scenario,
	targets: readonly WorkTarget[],
	concurrencies: Iterable<number>,
	manifest: Manifest | undefined,
): { readonly scenario: WorkScenario; readonly undetectable: ReadonlySet<string> } {
	const sizes = new Map(targets.map(({ url, bytes = 0 }) => [new URL(url).pathname, bytes]));
	const paths = [...sizes.keys()];
	const bytesOf = (path: string) => sizes.get(path) ?? 0;
	const { retries } = DEFAULT_OPTIONS;
	const planAt = (concurrency: number) =>
		planRun(scenario, paths, { ...manifest, retries, concurrency, bytesOf });
	const plan = planAt(1);
	const faults: Record<string, number> = {};
	for (const { rule } of plan.targets.flatMap(({ attempts }) => attempts)) {
		if (rule !== undefined) {
			faults[rule] = (faults[rule] ?? 0) + 1;
		}
	}

	const { name, description, limits } = scenario;
	const { rate } = limits;
	const wrongPaths = new Set(plan.undetectable);
	return {
		scenario: {
			name,
			description,
			...(rate && { rate: { requests: rate.requests, windowMs: rate.windowMs } }),
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
			targets.flatMap(({ id, url }) => (wrongPaths.has(new URL(url).pathname) ? [id] : [])),
		),
	};
}
