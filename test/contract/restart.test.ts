import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { DEFAULT_OPTIONS } from '../../src/download/options.ts';
import { planRun } from '../../src/scenarios/plan-run.ts';
import type { Action, Scenario } from '../../src/scenarios/scenario.ts';
import { startFlagServer } from '../../src/server/start-flag-server.ts';
import type { StrategyName } from '../../src/strategies/names.ts';
import { it } from '../helpers/fixtures.ts';
import type { TestRedis } from '../helpers/redis.ts';
import { NAMES, runStrategy, startRedisIfUsed } from '../helpers/run-strategy.ts';

const CODES = ['BR', 'CN', 'IN', 'US'];
const RETRIES = 3;

/** One rule for the first attempt on Brazil, while others run. */
const scenarioOf = (action: Action): Scenario => ({
	name: 'one',
	description: '',
	seed: 1,
	limits: {},
	rules: [{ id: 'one', match: { codes: ['br'] }, attempts: { from: 1, to: 1 }, action }],
});

let redis: TestRedis | undefined;
beforeAll(async () => {
	redis = await startRedisIfUsed();
});
afterAll(async () => await redis?.close());

async function run(name: StrategyName, scenario: Scenario, folder: string) {
	const server = await startFlagServer({ scenario });
	const targets = CODES.map((code, index) => {
		const cc = code.toLowerCase();
		const url = `${server.url}/flags/${cc}/${cc}.gif`;
		return { id: code, index, url, dest: join(folder, `${cc}.gif`) };
	});
	try {
		const options = { ...DEFAULT_OPTIONS, retries: RETRIES, seed: 1 };
		return await runStrategy(name, targets, { options, concurrency: 2, folder, redis });
	} finally {
		await server.close();
	}
}

describe.each(NAMES)('strategy %s', (name) => {
	it.for([
		['a server that restarts', { type: 'restart', downMs: 400 }, true],
		[
			'a trickle after a fast start',
			{ type: 'bandwidth', bytesPerSecond: 4000, after: { fraction: 0.5 } },
			false,
		],
	] as const)('has every file from %s', async ([, action, isRetried], { folder }) => {
		const scenario = scenarioOf(action);

		const outcomes = await run(name, scenario, folder);

		expect(planRun(scenario, CODES, { retries: RETRIES }).totals).toMatchObject({ ok: 4 });
		expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok']);
		expect(outcomes.some(({ retries }) => retries > 0)).toBe(isRetried);
		for (const { dest } of outcomes) {
			const cc = dest.slice(-6, -4);
			expect(await readFile(dest)).toEqual(await readFile(`fixtures/flags/${cc}/${cc}.gif`));
		}
	});
});
