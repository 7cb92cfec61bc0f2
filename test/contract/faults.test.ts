import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import { planRun } from '../../src/scenarios/plan-run.ts';
import { startFlagServer } from '../../src/server/start-flag-server.ts';
import type { StrategyName } from '../../src/strategies/names.ts';
import { collect } from '../helpers/collect.ts';
import { undetectable } from '../helpers/held-content.ts';
import { strategies } from '../helpers/strategies.ts';
import { suiteFolder } from '../helpers/temporary-folder.ts';
import { CELLS, FAULTS, MATRIX, PATIENT } from './fault-forms.ts';

const RETRIES = 3;

const NAMES = Object.keys(strategies).filter((name) => name !== 'queue') as StrategyName[];
const PLAN = planRun(
	MATRIX,
	CELLS.map(({ code }) => code),
	{ retries: RETRIES },
);

/** By strategy and code. */
let met: ReadonlyMap<StrategyName, ReadonlyMap<string, Outcome>>;

// Concurrently, as most of the time is spent waiting.
beforeAll(async () => {
	met = new Map(await Promise.all(NAMES.map(async (name) => [name, await meetAll(name)] as const)));
}, 120_000);

async function meetAll(name: StrategyName): Promise<ReadonlyMap<string, Outcome>> {
	// A server for each fault, since an origin that refuses one request receives fewer for all of its files.
	const servers = await Promise.all(
		FAULTS.map(async () => await startFlagServer({ scenario: MATRIX })),
	);
	const folder = await suiteFolder();
	const targets = CELLS.map(({ code, fault }, index) => ({
		...{ id: code, index, fault },
		url: `${servers[FAULTS.indexOf(fault)]?.url}/flags/${code.toLowerCase()}/${code.toLowerCase()}.gif`,
		dest: join(folder, `${code.toLowerCase()}.gif`),
	}));
	for (const { id, url } of targets.filter(({ id }) => PLAN.undetectable.includes(id))) {
		undetectable(url, `the plan of ${id} says so`);
	}
	const run = async (some: typeof targets, stallTimeMs: number) =>
		await collect(
			strategies[name](some, {
				options: { ...DEFAULT_OPTIONS, ...PATIENT, stallTimeMs, retries: RETRIES, seed: 1 },
				concurrency: 64,
				threads: 2,
				signal: new AbortController().signal,
			}),
		);
	// Sequentially, each would wait out every back-off; so many runs are concurrent.
	const count = name === 'sequential' ? 32 : 1;
	const share = (some: typeof targets) =>
		Array.from({ length: count }, (_, at) => some.filter(({ index }) => index % count === at));
	const meet = async (some: typeof targets, stallTimeMs: number) =>
		(await Promise.all(share(some).map((own) => run(own, stallTimeMs)))).flat();
	// Only stalls that are part of the scenario may end a request, not delays of a busy machine.
	const ended = [
		...(await meet(
			targets.filter(({ fault }) => fault.type !== 'stall'),
			60_000,
		)),
		...(await meet(
			targets.filter(({ fault }) => fault.type === 'stall'),
			2_000,
		)),
	];
	await Promise.all(servers.map(async (server) => await server.close()));
	return new Map(ended.map((outcome) => [outcome.target.id, outcome]));
}

describe.each(NAMES)('strategy %s meets', (name) => {
	it.each(CELLS)('$name: as planned', async ({ code }) => {
		const planned = PLAN.targets.find(({ id }) => id === code);
		const outcome = met.get(name)?.get(code);

		expect([outcome?.status, outcome?.requests]).toEqual([planned?.status, planned?.requests]);
		if (outcome?.status !== 'ok') {
			expect(outcome?.failure?.code).toBeDefined();
			await expect(access(outcome?.dest ?? '')).rejects.toThrow('ENOENT');
			return;
		}
		const lower = code.toLowerCase();
		const truth = await readFile(`fixtures/flags/${lower}/${lower}.gif`);
		const saved = await readFile(outcome.dest);
		// Content whose defect no client can detect is saved as received, and the plan says so.
		expect(saved.equals(truth)).toBe(planned?.undetectable !== true);
	});

	it('each cell once', () => {
		expect(met.get(name)?.size).toBe(CELLS.length);
	});
});
