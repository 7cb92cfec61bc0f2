import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { WorkTarget } from '../../bench/experiment/contestant.ts';
import type { WorkScenario } from '../../bench/results.ts';
import { DEFAULT_OPTIONS } from '../../download/options.ts';
import type { LoadedScenario } from '../../scenarios/bundled.ts';
import { loadScenario } from '../../scenarios/load-scenario.ts';
import { planRun } from '../../scenarios/plan-run.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { flagPath } from '../../scenarios/served-files.ts';
import { type Manifest, manifestOf } from '../../server/content/manifest.ts';
import { checkTargets } from '../../targets/check-targets.ts';
import type { Source } from '../../targets/entry.ts';
import { bookLayout } from '../../targets/flag-urls.ts';
import { streamTargets } from '../../targets/resolve-target.ts';
import { UsageError } from '../../util/errors.ts';
import { bareUrl } from '../../util/secrets.ts';
import { explainInput } from '../../util/suggest.ts';
import { openSource } from '../get/sources.ts';
import type { Io } from '../io.ts';
import { openRoot, pathsIn } from '../options/content.ts';
import type { BenchFlags } from './command.ts';

const DEFAULT_LIMIT = 120;
/** Destinations are used as paths below it; nothing is saved there. */
const ROOT = '/';
/** Placeholder for a server that is not started yet, or not needed. */
const NO_SERVER = 'http://127.0.0.1:0';

export interface BenchTargets {
	/** Whether the bundled server serves them. */
	readonly bundled: boolean;
	readonly manifest?: Manifest;
	/** @param server - Root of the bundled server, if that serves them. */
	from(server: string | undefined): Promise<readonly WorkTarget[]>;
	/** Removes the copies of streams. */
	close(): Promise<void>;
}

/** @throws {UsageError} If there are no targets, or codes and URLs, or a line is wrong. */
export async function openTargets(
	codes: readonly string[],
	flags: BenchFlags,
	io: Io,
): Promise<BenchTargets> {
	if (flags.root !== undefined) {
		return await openRootTargets(flags.root, codes, flags, io);
	}
	const isDefault = codes.length === 0 && !flags.all && !flags.every && flags.input.length === 0;
	const all = isDefault || (flags.all ?? false);
	const limit = flags.limit ?? (isDefault ? DEFAULT_LIMIT : undefined);
	const { source, close } = await openSource(codes, { ...flags, all }, io);
	try {
		const checked = await checkTargets(source, planFor(NO_SERVER), limit, io.interrupted);
		if (checked.count === 0) {
			throw new UsageError(
				`--input: ${explainInput('no target', 'at least one line with a code or a URL')}`,
			);
		}
		if (checked.codes === 0 && flags.tls === true) {
			throw new UsageError('--tls is for the bundled server, and the list has URLs of yours');
		}
		if (checked.codes > 0 && checked.codes < checked.count) {
			const allowed = 'codes, from the bundled server, or URLs, from yours';
			throw new UsageError(explainInput('country codes and URLs', allowed));
		}
		return {
			bundled: checked.codes > 0,
			from: (server) => listTargets(source, server, limit),
			close,
		};
	} catch (error) {
		await close();
		throw error;
	}
}

/** Named by number, as their own names may be too long for a file once they are encoded. */
async function openRootTargets(
	root: string,
	given: readonly string[],
	flags: BenchFlags,
	{ cwd }: Io,
): Promise<BenchTargets> {
	if (flags.input.length > 0) {
		throw new UsageError('--input and --root contradict each other; give one of them');
	}
	const files = await openRoot(root, cwd);
	const paths = pathsIn(files, given, flags).slice(0, flags.limit);
	const manifest = await manifestOf(files, paths);
	return {
		bundled: true,
		manifest,
		async from(server = NO_SERVER) {
			return paths.map((path, index) => ({
				...{ id: path, url: server + path },
				name: `${index}${/\.\w{1,8}$/.exec(path)?.[0] ?? ''}`,
				...{ sha256: manifest.sha256Of(path), bytes: manifest.bytesOf(path) },
			}));
		},
		async close() {},
	};
}

async function listTargets(
	source: Source,
	server: string | undefined,
	limit: number | undefined,
): Promise<readonly WorkTarget[]> {
	const targets: WorkTarget[] = [];
	for await (const target of streamTargets(source, planFor(server ?? NO_SERVER), limit)) {
		const { id, url, dest, sha256, credentials, headers } = target;
		if (credentials !== undefined || headers !== undefined) {
			const found = `a login or header fields for ${bareUrl(url)}`;
			const why = 'since bench runs other clients, too, and sends neither';
			throw new UsageError(explainInput(found, `targets without them, ${why}`));
		}
		const content = server === undefined ? undefined : bundledContent(id);
		targets.push({
			id,
			url,
			name: relative(ROOT, dest).replaceAll('\\', '/'),
			...(sha256 !== undefined && { sha256 }),
			...content,
		});
	}
	return targets;
}

function planFor(server: string): Parameters<typeof checkTargets>[1] {
	return { flags: bookLayout(server), mirrors: [], outputDir: ROOT, withNames: false };
}

/** Digest and size of the bundled flag; `undefined` for a code without a country. */
function bundledContent(id: string): Pick<WorkTarget, 'sha256' | 'bytes'> | undefined {
	const file = new URL(`../../../fixtures${flagPath(id.toLowerCase())}`, import.meta.url);
	try {
		const content = readFileSync(file);
		const sha256 = createHash('sha256').update(content).digest('hex');
		return { sha256, bytes: content.length };
	} catch {
		return undefined;
	}
}

/** A constant latency and no faults, so that only the strategies differ. */
const DEFAULT_SCENARIO = 'clean';

export interface BenchScenario extends LoadedScenario {
	/** As given: a name or a file. */
	readonly asGiven: string;
}

/**
 * @throws {UsageError} If there is no such scenario, or it has faults of TLS, or it is not the bundled server that
 *   serves the files.
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
	if (loaded.scenario.tls !== undefined) {
		const found = `tls in the scenario ${loaded.scenario.name}`;
		const why = 'since every run must meet the same, and none a certificate that it has to refuse';
		throw new UsageError(`--scenario: ${explainInput(found, `scenarios without it, ${why}`)}`);
	}
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
