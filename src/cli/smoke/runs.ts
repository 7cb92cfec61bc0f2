import { resolve } from 'node:path';
import { describeRule } from '../../scenarios/describe-rule.ts';
import { loadScenario } from '../../scenarios/load-scenario.ts';
import { planRun } from '../../scenarios/plan-run.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import type { ServedFiles } from '../../scenarios/served-files.ts';
import { BundledFlags } from '../../server/content/bundled-flags.ts';
import type { ContentSource } from '../../server/content/content-source.ts';
import { chooseTargets } from '../../smoke/choose-targets.ts';
import {
	type Client,
	flagdlClient,
	type Profile,
	shellClient,
} from '../../smoke/client/clients.ts';
import {
	assertAbsolutePaths,
	assertPlaceholders,
	clientName,
} from '../../smoke/client/command-line.ts';
import type { Host } from '../../smoke/client/run-command.ts';
import { SMOKE_METRICS } from '../../smoke/measures.ts';
import { plannedRun } from '../../smoke/planned-run.ts';
import { type KnownDigests, serverRun } from '../../smoke/server-run.ts';
import { selectCodes } from '../../targets/select-codes.ts';
import { UsageError } from '../../util/errors.ts';
import { bareUrl, lineWithoutSecrets } from '../../util/secrets.ts';
import { openRoot, pathsIn } from '../options/content.ts';
import type { SmokeFlags } from './command.ts';
import { chosenWays, type Field, profilesOf } from './run-set.ts';

const SCENARIOS = ['clean', 'flaky', 'hostile', 'liar', 'world'];
const TARGETS = 40;

interface TestedClient {
	readonly labels: Readonly<Record<string, string>>;
	readonly profile: Profile;
	readonly clientFor: (codes: readonly string[], seed: number) => Client;
}

/**
 * Runs against scenarios, of flagdl with each strategy or of other clients.
 *
 * @throws {UsageError}
 */
export async function openPlannedField(
	codes: readonly string[],
	flags: SmokeFlags,
	cwd: string,
	host: Host,
): Promise<Field> {
	const { tls = false, root } = flags;
	const source = root === undefined ? new BundledFlags() : await openRoot(root, cwd);
	const scenarios = openScenarios(flags, cwd, source.files);
	const profiles = profilesOf(flags, 'near');
	const [profile] = profiles as [Profile];
	const clients = namedClients(flags.client, cwd);
	const testedClients =
		flags.client.length > 0
			? otherClients(clients, profile)
			: ownWays(flags.strategies, profiles, host);

	const runs = testedClients.flatMap(({ labels: own, profile: itsProfile, clientFor }) =>
		scenarios.map((scenario): Field['runs'][number] => {
			const targets = targetsOf(codes, flags, { scenario, source, retries: itsProfile.retries });
			const labels = { scenario: scenario.name, ...own };
			const client = clientFor(targets, scenario.seed);
			const spec = { labels, scenario, tls, source, targets, client, profile: itsProfile };
			const { targets: planned } = planRun(scenario, targets, {
				...itsProfile,
				files: source.files,
			});
			return {
				labels,
				targets: targets.length,
				attempts: planned.reduce((sum, { attempts }) => sum + attempts.length, 0),
				...(own['client'] !== undefined && { client: own['client'] }),
				execute: (conditions) => plannedRun(spec, conditions),
			};
		}),
	);
	return {
		runs,
		profile,
		offer: SMOKE_METRICS[flags.client.length > 0 ? 'client' : 'plan'],
		mayOverlap: true,
		about: {
			scenarios: scenarios.map(({ name, seed, rules }) => ({
				name,
				seed,
				rules: Object.fromEntries(rules.map((rule) => [rule.id, describeRule(rule)])),
			})),
			clients: Object.fromEntries(
				[...clients].map(([name, line]) => [name, lineWithoutSecrets(line)]),
			),
		},
	};
}

function openScenarios(
	{ scenario: names, seed, tls = false }: SmokeFlags,
	cwd: string,
	files: ServedFiles,
): Scenario[] {
	const scenarios = (names.length > 0 ? [...new Set(names)] : SCENARIOS).map((name) => {
		const { scenario } = loadScenario(name, cwd, files);
		return seed === undefined ? scenario : { ...scenario, seed };
	});
	const twice = scenarios.find(
		({ name }, index) => scenarios.findIndex((other) => other.name === name) !== index,
	);
	if (twice !== undefined) {
		throw new UsageError(`--scenario: two of them have the name ${twice.name}; rename one`);
	}
	const secure = tls ? undefined : scenarios.find((scenario) => scenario.tls !== undefined);
	if (secure !== undefined) {
		throw new UsageError(`the scenario ${secure.name} is for a server of HTTPS; give --tls`);
	}
	return scenarios;
}

function targetsOf(
	codes: readonly string[],
	{ all = false, limit, root }: SmokeFlags,
	{
		scenario,
		source,
		retries,
	}: {
		readonly scenario: Scenario;
		readonly source: ContentSource;
		readonly retries: number;
	},
): readonly string[] {
	if (root !== undefined) {
		const paths = pathsIn(source, codes, { all });
		return codes.length > 0
			? paths.slice(0, limit)
			: chooseTargets(scenario, limit ?? TARGETS, { retries, files: source.files });
	}
	return codes.length > 0 || all
		? selectCodes({ codes, all, ...(limit !== undefined && { limit }) })
		: chooseTargets(scenario, limit ?? TARGETS, { retries });
}

function ownWays(
	names: readonly string[] | undefined,
	profiles: readonly Profile[],
	host: Host,
): readonly TestedClient[] {
	return chosenWays(names, profiles).map(({ strategy, profile, labels }) => ({
		labels,
		profile,
		clientFor: (codes, seed) =>
			flagdlClient({
				strategy,
				profile,
				host,
				what: ({ baseUrl, listFile, caFile }) => [
					...(caFile === undefined ? [] : ['--cacert', caFile]),
					...(codes.some((code) => code.startsWith('/'))
						? ['--input', listFile, '-o', '{path}', '--seed', String(seed)]
						: ['--server', baseUrl, '--seed', String(seed), ...codes]),
				],
			}),
	}));
}

function otherClients(clients: ReadonlyMap<string, string>, profile: Profile): TestedClient[] {
	return [...clients].map(([client, line]) => ({
		labels: { client },
		profile,
		clientFor: () => shellClient(line),
	}));
}

/** Command lines by unique name; a second curl is `curl-2`. */
function namedClients(lines: readonly string[], cwd: string): ReadonlyMap<string, string> {
	const named = new Map<string, string>();
	for (const line of lines) {
		assertPlaceholders(line);
		assertAbsolutePaths(line, cwd);
		const name = clientName(line);
		const same = [...named.keys()].filter((other) => other.replace(/-\d+$/, '') === name).length;
		named.set(same === 0 ? name : `${name}-${same + 1}`, line);
	}
	return named;
}

/**
 * Runs against an external server, one at a time, since it may be in use.
 *
 * @throws {UsageError}
 */
export function openServerField(
	codes: readonly string[],
	flags: SmokeFlags,
	cwd: string,
	host: Host,
): Field {
	const profiles = profilesOf(flags, 'far');
	const what = whatToGet(codes, flags, cwd);
	const seen: KnownDigests = new Map();
	const url = flags.server ?? flags.template;
	const server = url === undefined ? flags.input.join(', ') : bareUrl(url);

	const ways = chosenWays(flags.strategies, profiles);
	const targets = countTargets(codes, flags);
	const runs = ways.map(({ strategy, profile, labels }): Field['runs'][number] => {
		const client = flagdlClient({ strategy, profile, host, what: () => what });
		const spec = { labels, client, server, profile };
		return { labels, ...targets, execute: (conditions) => serverRun(spec, seen, conditions) };
	});
	return {
		runs,
		offer: SMOKE_METRICS.server,
		profile: profiles[0] as Profile,
		mayOverlap: false,
		about: { scenarios: [], clients: {}, server },
		rehearsal: what,
	};
}

/** Counts the targets in simple cases only; `flagdl get` handles the rest. */
function countTargets(
	codes: readonly string[],
	{ input, all, limit = Number.POSITIVE_INFINITY }: SmokeFlags,
): { readonly targets?: number } {
	const isPlain = input.length === 0 && all !== true && codes.every((code) => code.length > 1);
	return isPlain && codes.length > 0 ? { targets: Math.min(codes.length, limit) } : {};
}

/** Passed to `flagdl get`, which validates them; only file paths depend on the working directory. */
function whatToGet(codes: readonly string[], flags: SmokeFlags, cwd: string): string[] {
	const { server, template, input, checksums, all, limit } = flags;
	return [
		...(server === undefined ? [] : ['--server', server]),
		...(template === undefined ? [] : ['--template', template]),
		...input.flatMap((file) => ['--input', resolve(cwd, file)]),
		...(checksums === undefined ? [] : ['--checksums', resolve(cwd, checksums)]),
		...(all === true ? ['--all'] : []),
		...(limit === undefined ? [] : ['--limit', String(limit)]),
		'--',
		...codes,
	];
}
