import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import { createDecide } from '../../src/scenarios/decide.ts';
import type { PlannedTarget } from '../../src/scenarios/plan.ts';
import { planRun } from '../../src/scenarios/plan-run.ts';
import { planTarget } from '../../src/scenarios/plan-target.ts';
import { UPSTREAM_FILES } from '../../src/scenarios/served-files.ts';
import { FolderFiles } from '../../src/server/content/folder-files.ts';
import { manifestOf } from '../../src/server/content/manifest.ts';
import { openSource } from '../../src/server/content/open-source.ts';
import type { LogEntry } from '../../src/server/request-log.ts';
import { type FlagServer, startFlagServer } from '../../src/server/start-flag-server.ts';
import type { StrategyName } from '../../src/strategies/names.ts';
import { holds, undetectable } from '../helpers/held-content.ts';
import type { TestRedis } from '../helpers/redis.ts';
import { NAMES, runStrategy, startRedisIfUsed } from '../helpers/run-strategy.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { bytesOf, writeTree } from '../helpers/tree.ts';
import { fault, scenarioOf } from '../scenarios/random-scenario.ts';

const RETRIES = 1;
const RUNS = Number(process.env['PLAN_RUNS'] ?? 5);
const { PLAN_SEED: seed, PLAN_PATH: path = '' } = process.env;
const SEED = seed === undefined ? {} : { seed: Number(seed), path };
let redis: TestRedis | undefined;
beforeAll(async () => {
	redis = await startRedisIfUsed();
});
afterAll(async () => await redis?.close());

const attempts = fc.constantFrom('1', '1-2', '2', '2-', '*');
const probability = fc.constantFrom(0.2, 0.5, 0.8, 1).map((share) => ({ probability: share }));

describe('what a client meets is what the plan says, in every strategy,', () => {
	it('of random scenarios over random trees', { timeout: 300_000 }, async () => {
		const segment = fc.constantFrom('a', 'with space', 'a#b', '100%', 'ü', 'x.gif.txt');
		const tree = fc.uniqueArray(
			fc.record({
				name: fc
					.array(segment, { minLength: 1, maxLength: 3 })
					.map((segments) => [...segments.map((one, depth) => `${depth}${one}`), 'file'].join('/')),
				size: fc.oneof(
					{ weight: 9, arbitrary: fc.constantFrom(0, 1, 64 * 1024, 64 * 1024 + 1) },
					{ weight: 1, arbitrary: fc.constant(9 * 1024 ** 2) },
				),
			}),
			{ selector: ({ name }) => name, minLength: 2, maxLength: 9 },
		);
		const rule = fc.record({
			match: fc.constantFrom({ path: '/**' }, { path: '/*/*' }, { path: '/**/file' }),
			select: fc.oneof(
				probability,
				fc.integer({ min: 1, max: 2 }).map((exactly) => ({ exactly })),
			),
			attempts,
			then: fault,
		});
		await fc.assert(
			fc.asyncProperty(tree, fc.gen(), async (files, draw) => {
				const contents = new Map(files.map(({ name, size }) => [name, bytesOf(name, size)]));
				const root = await temporaryFolder();
				writeTree(root, contents);
				const source = new FolderFiles(root);
				const scenario = draw(() => scenarioOf(rule, source.files));
				const manifest = await manifestOf(source);
				const { targets } = planRun(scenario, source.files.paths, {
					...manifest,
					retries: RETRIES,
				});
				await using server = await startFlagServer({ source, scenario });
				holds(
					server.url,
					(path) => contents.get(decodeURIComponent(path).slice(1)) ?? Buffer.alloc(0),
				);
				await expectAsPlanned(server, targets, (path) =>
					contents.get(decodeURIComponent(path).slice(1)),
				);
			}),
			{ ...SEED, numRuns: RUNS, endOnFailure: true },
		);
	});

	it('of random scenarios in front of a service', { timeout: 300_000 }, async () => {
		const contents = new Map(
			[300, 5000, 64 * 1024, 100_000].map((size) => [`/${size}.bin`, bytesOf(`${size}.bin`, size)]),
		);
		const paths = [...contents.keys()];
		const source = await openSource({ files: Object.fromEntries(contents) });
		const manifest = await manifestOf(source);
		await using service = await startFlagServer({ source });
		const at = fc.constantFrom(
			'before-headers',
			'after-headers',
			{ bytes: '1B' },
			{ bytes: '299B' },
		);
		const then = fc.oneof(
			fc.record({
				type: fc.constant('status'),
				status: fc.constantFrom(400, 404, 429, 500, 503, 521),
			}),
			fc.record({ type: fc.constantFrom('reset', 'close'), at }),
			fc.record({
				type: fc.constant('truncate'),
				at: fc.constantFrom({ bytes: '1B' }, { bytes: '200B' }),
				framing: fc.constantFrom('content-length', 'chunked', 'close-delimited'),
				digest: fc.boolean(),
			}),
			fc.record({
				type: fc.constant('corrupt'),
				count: fc.integer({ min: 1, max: 9 }),
				digest: fc.boolean(),
			}),
			fc.constantFrom(
				{ type: 'delay', time: '15ms' },
				{ type: 'delay', time: '15ms', at: { bytes: '100B' } },
				{ type: 'bandwidth', rate: '500kB/s' },
			),
		);
		const match = fc.constantFrom({ path: '/**' }, { path: '/5*' }, { path: '/*00*' });
		const rule = fc.record({ match, select: probability, attempts, then });
		await fc.assert(
			fc.asyncProperty(scenarioOf(rule, UPSTREAM_FILES), async (scenario) => {
				const decide = createDecide(scenario, UPSTREAM_FILES);
				const planned = paths.map((path) =>
					planTarget(path, path, {
						...manifest,
						...{ retries: RETRIES, stallTimeMs: 15_000, maxTimeMs: 60_000 },
						...{ speedLimitBytesPerSecond: 100, speedTimeMs: 30_000 },
						isServed: () => true,
						// Draws depend on the method, too.
						decide: (at, attempt) => decide(at, attempt, `GET ${at}`),
					}),
				);
				const upstream = { url: service.url, timeoutMs: 20_000 };
				await using server = await startFlagServer({ upstream, scenario });
				holds(server.url, (path) => contents.get(path) ?? Buffer.alloc(0));
				await expectAsPlanned(server, planned, (path) => contents.get(path));
			}),
			{ ...SEED, numRuns: RUNS, endOnFailure: true },
		);
	});
});

async function expectAsPlanned(
	server: FlagServer,
	planned: readonly PlannedTarget[],
	contentOf: (path: string) => Buffer | undefined,
): Promise<void> {
	for (const { path } of planned.filter((one) => one.undetectable)) {
		undetectable(server.url + path, 'the plan says so');
	}
	for (const name of NAMES) {
		const outcomes = await download(server, name, planned);
		expect(outcomes.map(({ target, status }) => [name, target.id, status])).toEqual(
			planned.map(({ id, status }) => [name, id, status]),
		);
		for (const [index, { target, status, dest }] of outcomes.entries()) {
			if (status === 'ok') {
				const isTrue = contentOf(target.id)?.equals(readFileSync(dest)) === true;
				expect(isTrue, `${name} ${target.id}`).toBe(planned[index]?.undetectable !== true);
			}
		}
		expectLog(server.requests(), planned, name);
	}
}

async function download(
	{ url }: FlagServer,
	name: StrategyName,
	planned: readonly PlannedTarget[],
): Promise<Outcome[]> {
	const folder = await temporaryFolder();
	const targets = planned.map(({ path }, index) => {
		return { id: path, index, url: url + path, dest: join(folder, String(index)) };
	});
	const options = { ...DEFAULT_OPTIONS, retries: RETRIES, headers: { 'x-flagdl-run': name } };
	const outcomes = await runStrategy(name, targets, { options, concurrency: 8, folder, redis });
	return outcomes.toSorted((a, b) => a.target.index - b.target.index);
}

/** Each attempt met the rule that was planned for it, and there were no others. */
function expectLog(
	requests: readonly LogEntry[],
	planned: readonly PlannedTarget[],
	name: StrategyName,
) {
	const races = planned.flatMap(({ attempts: all }) =>
		all.flatMap(({ fault: met, rule }) => (met === 'keepalive-race' ? rule : [])),
	);
	const met = requests
		.filter(({ run, attempt }) => run === name && attempt !== undefined)
		.filter(({ outcome, rule }) => !(outcome === 'broken' && races.includes(rule)))
		.map(({ path, attempt, rule, hop = 0 }) => `${path} ${attempt} ${hop} ${rule}`);
	const expected = planned.flatMap(({ path, attempts: all }) =>
		all.flatMap(({ number, rule, requests: count }) =>
			Array.from({ length: count }, (_, hop) => `${path} ${number} ${hop} ${rule}`),
		),
	);
	expect(met.toSorted(), name).toEqual(expected.toSorted());
}
