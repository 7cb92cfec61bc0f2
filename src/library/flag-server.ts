import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { isScenarioFile, loadBundledScenario } from '../scenarios/bundled.ts';
import { loadScenario, parseScenario } from '../scenarios/load-scenario.ts';
import type { Bounds, Plan, PlannedTarget } from '../scenarios/plan.ts';
import { mayRefuse, requestBounds } from '../scenarios/plan-dependence.ts';
import { type PlanOptions, planRun } from '../scenarios/plan-run.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { ServedFiles } from '../scenarios/served-files.ts';
import { count } from '../schema/download-options.ts';
import type { scenarioDocument } from '../schema/scenario.ts';
import { closedObject, flag, integerFrom, listOf, text } from '../schema/shapes.ts';
import { flagBytes, flagSha256 } from '../server/content/bundled-flags.ts';
import { type ContentOptions, openSource } from '../server/content/open-source.ts';
import { normalizeUrlPath } from '../server/content/url-path.ts';
import { describeEntry, type LogEntry } from '../server/request-log.ts';
import {
	type FlagServerHooks,
	type FlagServerOptions,
	type FlagServer as Started,
	startFlagServer as start,
} from '../server/start-flag-server.ts';
import type { DeepReadonly } from '../util/members.ts';
import { check } from './settings.ts';

/** The JSON of a scenario, as `flagdl scenario show` prints it. */
export type ScenarioDocument = DeepReadonly<v.InferInput<typeof scenarioDocument>>;

/** Name of a bundled scenario, a file (`./mine.json`), a document, or the result of `parseScenario`. */
export type ScenarioGiven = string | ScenarioDocument | Scenario;

export interface TestServerOptions
	extends Omit<FlagServerOptions, 'scenario'>,
		Omit<FlagServerHooks, 'source' | 'hold'>,
		ContentOptions {
	/** @defaultValue no latency, no faults */
	readonly scenario?: ScenarioGiven;
	/** Retries that `plan` and `expectPlanMet` expect of a client for each file.
	 * @defaultValue 3 */
	readonly retries?: number;
}

const content = v.union([text, v.instance(Uint8Array)], 'a text or a Uint8Array');
const anObject = v.record(v.string(), v.unknown(), 'an object');

/** Scenarios are validated by their own parser. */
const scenarioGiven = v.union([text, anObject], 'a name, a file or a document');

const OPTIONS = closedObject({
	root: v.optional(text),
	files: v.optional(v.record(v.string(), content, 'an object of contents by path')),
	scenario: v.optional(scenarioGiven),
	retries: v.optional(count),
	port: v.optional(integerFrom(0, 65_535)),
	host: v.optional(text),
	seed: v.optional(integerFrom(0)),
	revealFaults: v.optional(flag),
	tls: v.optional(anObject),
	allowHosts: v.optional(listOf(text)),
	log: v.optional(v.function('a function')),
	upstream: v.optional(anObject),
} satisfies Readonly<Record<keyof TestServerOptions, v.GenericSchema>>);

/** A server with predictable faults, for testing a client. */
export interface FlagServer extends Omit<Started, 'plan' | 'use'> {
	/**
	 * Switches to another scenario; resets the counts of attempts, the limits and `requests()`.
	 *
	 * @throws {TypeError} If it is neither a text nor an object.
	 * @throws {UsageError} If the scenario is not valid for these files.
	 */
	use(scenario: ScenarioGiven): void;
	/**
	 * Computes the result of a correct client: status, number of requests, size and digest of each file.
	 *
	 * @param targets - Paths or, for the bundled flags, country codes. All files if absent.
	 */
	plan(targets?: readonly string[]): Promise<Plan>;
	/**
	 * Compares the requests since the start or the last `use()`, and the result of the client, with the plan.
	 *
	 * @param ended - The content that the client received by path, or `undefined` if it gave up. If absent,
	 *   only requests are compared, and only for the files that were requested.
	 * @throws {Error} Lists each difference, or says that there was nothing to compare.
	 */
	expectPlanMet(ended?: Ended): Promise<void>;
}

/**
 * Starts a server in this process for a folder, for files in memory, or for the bundled flags.
 *
 * @throws {TypeError} If an option is unknown or invalid; lists every problem.
 * @throws {UsageError} If the scenario is not valid for these files.
 * @throws {RangeError} If both `root` and `files` are given, or a path is invalid.
 * @throws The error of `listen`, with its code: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`.
 *
 * @example
 * ```ts
 * await using server = await startFlagServer({ files: { '/a.txt': 'content' }, scenario: 'flaky' });
 * const content = await myClient(`${server.url}/a.txt`);
 * await server.expectPlanMet({ '/a.txt': content });
 * ```
 */
export async function startFlagServer(options: TestServerOptions = {}): Promise<FlagServer> {
	check('options', OPTIONS, options);
	const { scenario, retries = 3, root, files, ...rest } = options;
	const source = await openSource({
		...(root !== undefined && { root }),
		...(files !== undefined && { files }),
	});
	const isFlags = root === undefined && files === undefined;
	const read = (given: ScenarioGiven) => readScenario(given, source.files);
	const server = await start({
		...rest,
		source,
		...(scenario !== undefined && { scenario: read(scenario) }),
	});
	const plan = async (targets?: readonly string[]) =>
		await server.plan(
			{ retries },
			targets?.map((target) => (isFlags ? target : normalizeUrlPath(target))),
		);

	return {
		...server,
		use(next) {
			check('scenario', scenarioGiven, next);
			server.use(read(next));
		},
		plan,
		async expectPlanMet(ended) {
			const requests = server.requests();
			const known = isFlags ? ended : ended && withUrlPaths(ended);
			const asked = [...new Set(requests.map(({ path }) => path))];
			const planned = await server.plan({ retries }, known ? Object.keys(known) : asked);
			if (planned.targets.length === 0) {
				throw new Error('The plan was not met: no file was asked for, so nothing was compared');
			}
			const gone = server.summary().requests - requests.length;
			const problems = planProblems(planned, { requests, gone, ended: known });
			if (problems.length > 0) {
				throw new Error(`The plan was not met:\n${problems.map((line) => `  ${line}\n`).join('')}`);
			}
		},
	};
}

function withUrlPaths(ended: Ended): Ended {
	return Object.fromEntries(
		Object.entries(ended).map(([path, content]) => [normalizeUrlPath(path), content]),
	);
}

function readScenario(given: ScenarioGiven, files: ServedFiles): Scenario {
	if (typeof given === 'string') {
		return isScenarioFile(given)
			? loadScenario(given, '.', files).scenario
			: loadBundledScenario(given).scenario;
	}
	return 'version' in given ? parseScenario(given, 'unnamed', files) : given;
}

/**
 * Computes the result of a correct client that downloads each target once from the bundled server: status,
 * size, SHA-256 and number of requests.
 *
 * @param targets - Country codes in any case, or paths on the server.
 */
export function plan(scenario: Scenario, targets: readonly string[], options: PlanOptions): Plan {
	return planRun(scenario, targets, { bytesOf: flagBytes, sha256Of: flagSha256, ...options });
}

/** The content that a client received, by path; `undefined` if it gave up. */
export type Ended = Readonly<Record<string, Uint8Array | string | undefined>>;

interface Observed {
	/** In the order of arrival. */
	readonly requests: readonly LogEntry[];
	/** Number of requests that the server has dropped from its log. */
	readonly gone: number;
	/** If absent, only requests are compared. */
	readonly ended: Ended | undefined;
}

/** Lists the differences between a client and its plan. */
function planProblems(plan: Plan, { requests, gone, ended }: Observed): string[] {
	if (gone > 0) {
		return [`${gone} requests are forgotten: call use() more often`];
	}
	const isUncertain = mayRefuse(plan);
	return plan.targets.flatMap((target) => {
		const seen = requests.filter(({ path }) => path === target.path);
		const problems = [
			...requestProblems(requestBounds(plan, target), seen),
			...(ended === undefined ? [] : contentProblems(target, ended[target.id], isUncertain)),
		];
		return problems.map((problem) => `${target.id}: ${problem}`);
	});
}

function requestProblems({ min, max }: Bounds, seen: readonly LogEntry[]): string[] {
	if (seen.length >= min && seen.length <= max) {
		return [];
	}
	const wanted = max === min ? String(min) : `${min} to ${max}`;
	return [`${seen.length} requests, a correct client makes ${wanted} (${describeRequests(seen)})`];
}

function contentProblems(
	{ status, code, bytes = 0, sha256, undetectable }: PlannedTarget,
	given: Uint8Array | string | undefined,
	isUncertain: boolean,
): string[] {
	const content = given === undefined ? undefined : Buffer.from(given);
	if (content === undefined) {
		return status === 'ok' && !isUncertain ? ['it gave up, a correct client gets the file'] : [];
	}
	if (status !== 'ok') {
		return [`it has ${content.length} bytes, a correct client gives up (${code ?? status})`];
	}
	if (undetectable === true || sha256Hex(content) === sha256) {
		return [];
	}
	if (/^\s*<(!doctype|html)/i.test(content.toString('latin1', 0, 64))) {
		return ['it took a page of HTML for the file'];
	}
	return content.length === bytes
		? ['it has as many bytes as the file, but others']
		: [`it has ${content.length} bytes, and the file has ${bytes}`];
}

function sha256Hex(content: Buffer): string {
	return createHash('sha256').update(content).digest('hex');
}

const MAX_DESCRIBED = 6;

/** Describes how the server handled the requests, in order. */
function describeRequests(seen: readonly LogEntry[]): string {
	const shown = seen.slice(0, MAX_DESCRIBED).map(describeEntry);
	const more = seen.length > shown.length ? [`${seen.length - shown.length} more`] : [];
	return seen.length === 0 ? 'it was never asked for' : [...shown, ...more].join(', then ');
}
