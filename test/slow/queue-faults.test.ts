import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../src/cli/redis-settings.ts';
import { DEFAULT_OPTIONS } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import { planRun } from '../../src/scenarios/plan-run.ts';
import { startFlagServer } from '../../src/server/start-flag-server.ts';
import { work } from '../../src/strategies/queue/index.ts';
import { CELLS, MATRIX } from '../contract/fault-forms.ts';
import { collect } from '../helpers/collect.ts';
import { undetectable } from '../helpers/held-content.ts';
import { skipWithoutRedis, startRedis } from '../helpers/redis.ts';
import { strategies } from '../helpers/strategies.ts';
import { suiteFolder } from '../helpers/temporary-folder.ts';

const PLAN = planRun(
	MATRIX,
	CELLS.map(({ code }) => code),
	{ retries: 3 },
);

describe.skipIf(skipWithoutRedis())('two workers behind a queue meet', () => {
	let outcomes: ReadonlyMap<string, Outcome>;

	beforeAll(async () => {
		const redis = await startRedis();
		const outputDir = await suiteFolder();
		const server = await startFlagServer({ scenario: MATRIX });
		const stop = new AbortController();
		const queue = { redis: parseRedisUrl(redis.url), prefix: 'test' };
		const workers = (['async', 'threads'] as const).map(
			async (way) =>
				await work({
					...queue,
					directory: outputDir,
					strategy: strategies[way],
					concurrency: 8,
					threads: 2,
					signal: stop.signal,
					onEvent: () => {},
				}),
		);
		const targets = CELLS.map(({ code }, index) => {
			const file = `${code.toLowerCase()}.gif`;
			const url = `${server.url}/flags/${code.toLowerCase()}/${file}`;
			return { id: code, index, url, dest: join(outputDir, file) };
		});
		for (const { id, url } of targets.filter(({ id }) => PLAN.undetectable.includes(id))) {
			undetectable(url, `the plan of ${id} says so`);
		}
		const ended = await collect(
			strategies.queue(targets, {
				options: { ...DEFAULT_OPTIONS, stallTimeMs: 2000, seed: 1 },
				concurrency: 8,
				threads: 2,
				signal: new AbortController().signal,
				queue: { ...queue, runId: 'matrix', shardSize: 8, outputDir, warn: () => {} },
			}),
		);
		outcomes = new Map(ended.map((outcome) => [outcome.target.id, outcome]));
		stop.abort();
		await Promise.all(workers);
		await server.close();
		await redis.close();
	});

	it.each(CELLS)('$name: as planned', async ({ code }) => {
		const planned = PLAN.targets.find(({ id }) => id === code);
		const outcome = outcomes.get(code);

		expect([outcome?.status, outcome?.requests]).toEqual([planned?.status, planned?.requests]);
		if (outcome?.status !== 'ok') {
			expect(outcome?.failure?.code).toBe(planned?.code);
			await expect(access(outcome?.dest ?? '')).rejects.toThrow('ENOENT');
			return;
		}
		const lower = code.toLowerCase();
		const truth = await readFile(`fixtures/flags/${lower}/${lower}.gif`);
		// Content whose defect no client can detect is saved as received, and the plan says so.
		expect((await readFile(outcome.dest)).equals(truth)).toBe(planned?.undetectable !== true);
	});

	it('each cell once', () => {
		expect(outcomes.size).toBe(CELLS.length);
	});
});
