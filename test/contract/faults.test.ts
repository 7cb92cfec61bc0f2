import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import type { Plan } from '../../src/scenarios/plan.ts';
import { planRun } from '../../src/scenarios/plan-run.ts';
import { startFlagServer } from '../../src/server/start-flag-server.ts';
import type { StrategyName } from '../../src/strategies/names.ts';
import { collect } from '../helpers/collect.ts';
import { undetectable } from '../helpers/held-content.ts';
import { strategies } from '../helpers/strategies.ts';
import { suiteFolder } from '../helpers/temporary-folder.ts';
import { CELLS, MATRIX } from './fault-forms.ts';

const STALL_TIME_MS = 400;

const NAMES = Object.keys(strategies).filter((name) => name !== 'queue') as StrategyName[];

interface Met {
	readonly plan: Plan;
	/** By code. */
	readonly outcomes: ReadonlyMap<string, Outcome>;
}

let met: ReadonlyMap<StrategyName, Met>;

// Side by side: most of it is waiting.
beforeAll(async () => {
	met = new Map(await Promise.all(NAMES.map(async (name) => [name, await meetAll(name)] as const)));
}, 120_000);

async function meetAll(name: StrategyName): Promise<Met> {
	const server = await startFlagServer({ scenario: MATRIX });
	const folder = await suiteFolder();
	const targets = CELLS.map(({ code }, index) => ({
		id: code,
		index,
		url: `${server.url}/flags/${code.toLowerCase()}/${code.toLowerCase()}.gif`,
		dest: join(folder, `${code.toLowerCase()}.gif`),
	}));
	const plan = planRun(
		MATRIX,
		CELLS.map(({ code }) => code),
		{ retries: 3 },
	);
	for (const { id, url } of targets.filter(({ id }) => plan.undetectable.includes(id))) {
		undetectable(url, `the plan of ${id} says so`);
	}
	const run = async (some: typeof targets) =>
		await collect(
			strategies[name](some, {
				options: { ...DEFAULT_OPTIONS, stallTimeMs: STALL_TIME_MS, seed: 1 },
				concurrency: 16,
				threads: 2,
				signal: new AbortController().signal,
			}),
		);
	// One after the other would wait out every back-off: so sixteen such runs side by side.
	const runs = name === 'sequential' ? 16 : 1;
	const shares = Array.from({ length: runs }, (_, share) =>
		targets.filter(({ index }) => index % runs === share),
	);
	const ended = (await Promise.all(shares.map(run))).flat();
	await server.close();
	return { plan, outcomes: new Map(ended.map((outcome) => [outcome.target.id, outcome])) };
}

describe.each(NAMES)('strategy %s meets', (name) => {
	it.each(CELLS)('$name: as planned', async ({ code }) => {
		const planned = met.get(name)?.plan.targets.find(({ id }) => id === code);
		const outcome = met.get(name)?.outcomes.get(code);

		expect([outcome?.status, outcome?.requests]).toEqual([planned?.status, planned?.requests]);
		if (outcome?.status !== 'ok') {
			expect(outcome?.failure?.code).toBeDefined();
			await expect(access(outcome?.dest ?? '')).rejects.toThrow('ENOENT');
			return;
		}
		const lower = code.toLowerCase();
		const truth = await readFile(`fixtures/flags/${lower}/${lower}.gif`);
		const saved = await readFile(outcome.dest);
		// What no client can see is saved as it came, and the plan said so.
		expect(saved.equals(truth)).toBe(planned?.undetectable !== true);
	});

	it('each cell once', () => {
		expect(met.get(name)?.outcomes.size).toBe(CELLS.length);
	});
});
