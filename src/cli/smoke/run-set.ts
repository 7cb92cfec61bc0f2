import { DEFAULT_OPTIONS } from '../../download/options.ts';
import type { Profile } from '../../smoke/client/clients.ts';
import type { SmokeStart, SmokeWarning } from '../../smoke/results.ts';
import type { PendingRun } from '../../smoke/run-all.ts';
import { MIN_SAMPLES } from '../../statistics/estimate.ts';
import {
	LOCAL_STRATEGY_NAMES,
	type LocalStrategyName,
	STRATEGIES,
} from '../../strategies/names.ts';
import { isTiming, type MetricForms } from '../../thresholds/metrics.ts';
import type { Threshold } from '../../thresholds/threshold.ts';
import { isSelected } from '../../thresholds/threshold.ts';
import { UsageError } from '../../util/errors.ts';
import { explainInput, suggest } from '../../util/suggest.ts';
import { quote } from '../../util/text.ts';
import { plural } from '../../util/units.ts';
import type { Io } from '../io.ts';
import type { SmokeFlags } from './command.ts';

export interface Field {
	readonly runs: readonly (PendingRun & {
		/** Number of files to download, if known. */
		readonly targets?: number;
		/** Attempts of a correct client, if known. */
		readonly attempts?: number;
	})[];
	/** Metrics that the runs provide. */
	readonly offer: MetricForms;
	/** For the first concurrency; the others differ only in that. */
	readonly profile: Profile;
	/** Whether runs may overlap. */
	readonly mayOverlap: boolean;
	/** Arguments that `flagdl get` must validate first. */
	readonly rehearsal?: readonly string[];
	readonly about: Pick<SmokeStart, 'scenarios' | 'clients' | 'server'>;
}

/** One way to run flagdl. */
interface Way {
	readonly strategy: LocalStrategyName;
	readonly profile: Profile;
	readonly labels: { readonly strategy: string; readonly c?: string };
}

/**
 * Every strategy with every concurrency; `sequential` has only one.
 *
 * @throws {UsageError} If a strategy is unknown.
 */
export function chosenWays(
	names: readonly string[] | undefined,
	profiles: readonly Profile[],
): readonly Way[] {
	const wanted = names ?? ['all'];
	for (const name of wanted) {
		if (name !== 'all' && !isStrategy(name)) {
			throw new UsageError(
				`--strategies: ${explainInput(quote(name), `all, ${LOCAL_STRATEGY_NAMES.join(', ')}, with commas between them`, suggest(name, LOCAL_STRATEGY_NAMES))}`,
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

const CONCURRENCY = 16;

/** Short, because the bundled server is local and its faults are intended: a run takes seconds. */
const NEAR = {
	stallTimeMs: 1_000,
	maxTimeMs: 5_000,
	retryMaxTimeMs: 15_000,
	timeoutMs: 60_000,
};
/** Retries that this time allows; each further one may wait twice as long. */
const NEAR_RETRIES = 3;
const MAX_RETRY_TIME_MS = 600_000;

/** The defaults of `flagdl get`. */
const FAR = {
	stallTimeMs: DEFAULT_OPTIONS.stallTimeMs,
	maxTimeMs: DEFAULT_OPTIONS.maxTimeMs,
	retryMaxTimeMs: DEFAULT_OPTIONS.retryMaxTimeMs,
	timeoutMs: 600_000,
};

/** A profile for each requested concurrency. */
export function profilesOf(flags: SmokeFlags, where: 'near' | 'far'): readonly Profile[] {
	const retries = flags.retry ?? DEFAULT_OPTIONS.retries;
	const defaults = where === 'near' ? { ...NEAR, ...timeFor(retries) } : FAR;
	const profile = {
		retries,
		stallTimeMs: flags.stallTime ?? defaults.stallTimeMs,
		maxTimeMs: flags.maxTime ?? defaults.maxTimeMs,
		retryMaxTimeMs: flags.retryMaxTime ?? defaults.retryMaxTimeMs,
		timeoutMs: flags.clientTimeout ?? defaults.timeoutMs,
	};
	return (flags.concurrency ?? [CONCURRENCY]).map((concurrency) => ({ ...profile, concurrency }));
}

/** The plan counts retries, not time, so no time limit may end them earlier. */
function timeFor(retries: number): Pick<Profile, 'retryMaxTimeMs'> {
	const factor = 2 ** Math.max(0, retries - NEAR_RETRIES);
	return { retryMaxTimeMs: Math.min(NEAR.retryMaxTimeMs * factor, MAX_RETRY_TIME_MS) };
}

/** Whether any threshold judges time: then nothing else may compete for the machine. */
export function isTimed(thresholds: readonly Threshold[]): boolean {
	return thresholds.some(({ metric }) => isTiming(metric));
}

/** Warnings to print before the first request. */
export function warningsOf(
	{ runs, offer }: Field,
	thresholds: readonly Threshold[],
	env: Io['env'],
): SmokeWarning[] {
	const timed = thresholds.find(({ metric }) => isTiming(metric));
	const inCi = env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false';
	const warningIf = (condition: boolean, code: string, why: string): SmokeWarning[] =>
		timed !== undefined && condition
			? [{ type: 'warning', code, message: `${timed.text} measures time, ${why}` }]
			: [];
	return [
		...warningIf(
			inCi,
			'shared_machine',
			'and the machines of a CI differ by a factor of two between jobs; counts do not',
		),
		...warningIf(
			offer['files.partial'] !== undefined,
			'not_held',
			'so the server does not hold bodies to see whether a file has its final name too early',
		),
		...thresholds.flatMap((one) => tooFewSamples(one, runs)),
	];
}

/** Why a threshold will be inconclusive whatever is measured. */
function tooFewSamples(
	{ text, metric, stat, selector }: Threshold,
	runs: Field['runs'],
): SmokeWarning[] {
	if (stat === undefined || (stat.of !== 'percentile' && stat.of !== 'mean')) {
		return [];
	}
	const counts = runs
		.filter(({ labels }) => isSelected(selector, labels))
		.map(({ targets, attempts }) => (metric === 'total' ? targets : (attempts ?? targets)));
	const known = counts.filter((count) => count !== undefined);
	const most = Math.min(...known);
	if (known.length < counts.length || most >= MIN_SAMPLES) {
		return [];
	}
	const has = `a run has ${plural(most, 'sample')}`;
	const message = `${text} cannot be judged: ${has}, and at least ${MIN_SAMPLES} are needed. Give ${MIN_SAMPLES} codes or more, or judge .max instead`;
	return [{ type: 'warning', code: 'too_few_samples', message }];
}
