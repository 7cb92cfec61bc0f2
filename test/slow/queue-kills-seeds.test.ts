import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FLAGDL, startProcess } from '../helpers/flagdl.ts';
import { type Fleet, fleetForEach, readRun, startWorker } from '../helpers/fleet.ts';
import type { HoldServer } from '../helpers/hold-server.ts';
import { answerWithFaults, contentOf, listOf } from '../helpers/numbered-files.ts';
import { skipWithoutRedis, type TestRedis } from '../helpers/redis.ts';

const TARGETS = 5000;
const KILLS = 10;
const WORKERS = 3;

// Victim and time of each kill are drawn from the seed.
describe.skipIf(skipWithoutRedis())('a run whose workers and coordinator are killed', () => {
	let redis: TestRedis;
	let server: HoldServer;
	let fleet: Fleet;

	fleetForEach((given, itsServer) => {
		[fleet, redis, server] = [given, given.redis, itsServer];
	});

	it.each([1, 2, 3, 4, 5])(
		'gives 5,000 targets one outcome each while workers and coordinators are killed ten times, seed %d',
		{ timeout: 300_000 },
		async (seed) => {
			const random = randomOf(seed);
			server.answer(undefined, answerWithFaults(0.1));
			const start = () => startWorker(fleet, ['-c', '16']);
			const workers = Array.from({ length: WORKERS }, start);
			await Promise.all(workers);
			// Not under the oracle, which would read all files after each kill and take longer than the run.
			const [node, bin] = FLAGDL;
			const args = [
				'-i',
				'-',
				'-d',
				'files',
				'--strategy',
				'queue',
				'--redis',
				redis.url,
				'--json',
			];
			const more = ['--shard-size', '100', '--seed', String(seed), '--run-id', 'killed'];
			const input = listOf(TARGETS, server.url);
			const coordinate = () => startProcess(node, [bin, ...args, ...more], fleet.cwd, { input });
			let run = coordinate();

			for (let kills = 0; kills < KILLS; kills += 1) {
				await server.arrivals(100 + kills * 450 + Math.floor(random() * 400));
				// Responses are held meanwhile, since a run that has ended cannot be killed.
				server.hold();
				const index = Math.floor(random() * (WORKERS + 1));
				const victim = await workers[index];
				if (victim === undefined) {
					run.child.kill('SIGKILL');
					await run.ended;
					run = coordinate();
				} else {
					await victim.kill();
					workers[index] = start();
				}
				server.release();
			}

			const { outcomes, end } = readRun(await run.ended, TARGETS);
			await Promise.all(workers);
			const failed = outcomes.filter(({ status }) => status !== 'ok');
			// A shard that three killed workers had in turn is given up: two of them at most.
			expect(failed.length).toBeLessThanOrEqual(200);
			expect(failed.map(({ error }) => error?.causes)).toEqual(
				failed.map(() => ['it has ended 3 workers']),
			);
			expect(end.totals?.['ok']).toBe(TARGETS - failed.length);
			const missing = new Set(failed.map(({ id }) => id));
			for (let number = 0; number < TARGETS; number += 1) {
				if (!missing.has(`${server.url}/${number}.gif`)) {
					const content = await readFile(join(fleet.cwd, 'files', `${number}.gif`));
					expect(content.equals(contentOf(number)), `content of ${number}.gif`).toBe(true);
				}
			}
			expect(await readdir(join(fleet.cwd, 'files', '.flagdl')).catch(() => [])).toEqual([]);
		},
	);
});

/** Mulberry32: a reproducible stream of random numbers. */
function randomOf(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}
