import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { randomStream, shuffled } from '../../src/bench/experiment/experiment.ts';
import type { Measured } from '../../src/bench/results.ts';
import { startFlagServer } from '../../src/server/start-flag-server.ts';
import { flagdl, startFlagdl } from '../helpers/flagdl.ts';
import { startOnTerminal } from '../helpers/pseudo-terminal.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const SCHEMA = new URL('../../fixtures/schemas/bench.schema.json', import.meta.url);
const SMALL = ['bench', '-l', '8', '-c', '1,4', '--scenario', 'local'];
const MINUTE_MS = 60_000;

let folder: string;

beforeEach(async () => {
	folder = await temporaryFolder();
});

async function results(): Promise<Measured> {
	return JSON.parse(await readFile(join(folder, 'b.json'), 'utf8')) as Measured;
}

describe('flagdl bench', () => {
	it(
		'takes files of a folder, over HTTPS and under faults',
		async () => {
			const root = join(folder, 'root', 'with space');
			await mkdir(root, { recursive: true });
			await writeFile(join(root, 'ü#1.txt'), 'one');
			await writeFile(join(root, 'large.bin'), Buffer.alloc(100_000, 'large'));
			const rule = { id: 'once', attempts: '1', then: { type: 'status', status: 503 } };
			await writeFile(join(folder, 's.json'), JSON.stringify({ version: 1, rules: [rule] }));
			const { code, stderr } = await flagdl(
				[
					...['bench', '--root', 'root', '--tls', '--scenario', './s.json', '-c', '2'],
					...['--rounds', '1', '--strategies', 'async', '--json', 'b.json'],
				],
				folder,
			);

			expect([code, stderr]).toEqual([0, expect.stringContaining('round 1 of 1')]);
			const { work, runs } = await results();
			expect(work.files).toEqual([
				{ id: '/with%20space/%C3%BC%231.txt', url: '/with%20space/%C3%BC%231.txt', bytes: 3 },
				{ id: '/with%20space/large.bin', url: '/with%20space/large.bin', bytes: 100_000 },
			]);
			expect(work.scenario?.planned).toMatchObject({ faults: { once: 2 }, ok: 2, exact: true });
			expect(runs).toMatchObject([{ status: 'ok', files: 2, requests: 4 }]);
		},
		MINUTE_MS,
	);

	it.each([
		[['--root', 'nowhere'], '--root: cannot read "nowhere"'],
		[['--root', '.', '-a'], '--all is for flags'],
		[['--root', '.', '-i', 'list.txt'], '--input and --root contradict each other'],
		[['--tls', '-i', 'list.txt'], '--tls is for the bundled server'],
		[['-i', 'list.txt', '--json', './list.txt'], '--json: found "./list.txt", as --input has'],
		[['--json', 'x', '--html', './x'], '--json: found "x", as --html has'],
		[['--scenario', './tls.json', '--json', 'tls.json'], '"tls.json", as --scenario has'],
		[['--tls', '--scenario', './tls.json'], '--scenario: found tls in the scenario tls'],
	])('refuses %j', async (args, message) => {
		await writeFile(join(folder, 'tls.json'), '{"version":1,"name":"tls","tls":{"reset":1}}');
		await writeFile(join(folder, 'list.txt'), 'http://127.0.0.1:9/a.bin\n');
		const { code, stderr } = await flagdl(['bench', ...args], folder);

		expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
	});

	it(
		'runs every cell once in each round, and writes what it has measured',
		async () => {
			const reports = ['--html', 'b.html', '--json', 'b.json'];
			const { code, stdout, stderr } = await flagdl(
				[...SMALL, '--rounds', '2', ...reports],
				folder,
			);

			expect(stderr).toMatch(/^warm-up\nround 1 of 2\nround 2 of 2, about .* left\n$/);
			expect(code).toBe(0);
			expect(stdout).toMatch(/^strategy +slots +time/m);
			expect(stdout).toMatch(/too\s+few\s+rounds\s+for\s+an\s+interval/);
			const measured = await results();
			const cells = ['sequential@1', 'threads@1', 'threads@4', 'async@1', 'async@4'];
			expect(measured.cells.map(({ id }) => id)).toEqual(cells);
			for (const round of [1, 2]) {
				const runs = measured.runs.filter((run) => run.round === round);
				expect(runs.map(({ place }) => place)).toEqual([1, 2, 3, 4, 5]);
				expect(runs.map(({ cell }) => cell).sort()).toEqual([...cells].sort());
			}
			for (const run of measured.runs) {
				expect(run).toMatchObject({ status: 'ok', files: 8, requests: 8 });
				expect(run.attempts).toHaveLength(8);
				expect(run.wallMs).toBeGreaterThan(0);
				expect(run.processMs).toBeGreaterThan(run.wallMs ?? 0);
				expect(run.attempts.every(({ servedMs }) => servedMs !== undefined)).toBe(true);
			}
			const validate = new Ajv({ validateFormats: false }).compile(
				JSON.parse(readFileSync(SCHEMA, 'utf8')) as object,
			);
			validate(measured);
			expect(validate.errors).toBeNull();
			expect(measured.command).toBe(
				'flagdl bench --seed 1 -l 8 -c 1,4 --scenario local --rounds 2 --html b.html --json b.json',
			);
			expect((await readdir(folder)).sort()).toEqual(['b.html', 'b.json']);
		},
		2 * MINUTE_MS,
	);

	it(
		'shuffles the rounds by the seed: the same order for the same, another for another',
		async () => {
			const cells = ['async@1', 'async@2', 'async (2)@1', 'async (2)@2'];
			const expected = (seed: number) => shuffled(cells, randomStream(seed));
			const order = async (seed: number) => {
				const args = ['br', '--strategies', 'async,async', '-c', '1,2', '--rounds', '1'];
				await flagdl(['bench', ...args, '--seed', String(seed), '--json', 'b.json'], folder);
				return (await results()).runs.map(({ cell }) => cell);
			};

			expect(expected(1)).not.toEqual(expected(2));
			expect(await order(1)).toEqual(expected(1));
			expect(await order(2)).toEqual(expected(2));
		},
		2 * MINUTE_MS,
	);

	it(
		'meets the same faults and back-offs in every cell, and joins them with their rules',
		async () => {
			const args = ['-l', '60', '--scenario', 'flaky', '--strategies', 'threads,async', '-c', '32'];
			const { code } = await flagdl(
				['bench', ...args, '--rounds', '1', '--json', 'b.json'],
				folder,
			);
			const { runs, work } = await results();

			expect(code).toBe(0);
			const met = runs.map(({ attempts }) =>
				attempts
					.filter(({ rule }) => rule !== undefined)
					.map(({ file, number, rule }) => `${file}:${number}:${rule}`)
					.sort(),
			);
			expect(met[0]?.length).toBeGreaterThan(5);
			for (const one of met) {
				expect(one).toEqual(met[0]);
			}
			expect(Object.keys(work.scenario?.planned.faults ?? {})).toContain('hiccup-503');
		},
		2 * MINUTE_MS,
	);

	it(
		'shows a peer with a fast wrong answer as failed, with what was wrong',
		async () => {
			const scenario = {
				version: 1,
				name: 'liar',
				description: 'One flag is a page.',
				rules: [
					{
						id: 'portal',
						match: { codes: ['ad'] },
						attempts: '1',
						then: { type: 'substitute', with: 'html-200' },
					},
				],
			};
			await writeFile(join(folder, 'liar.json'), JSON.stringify(scenario));
			const args = ['ad', 'br', '--scenario', 'liar.json', '--strategies', 'async', '-c', '2'];
			const { code, stdout } = await flagdl(
				['bench', ...args, '--peer', 'curl', '--rounds', '1', '--json', 'b.json'],
				folder,
			);

			expect(code).toBe(1);
			expect(stdout).toContain(
				'curl: 1 of 1 runs not counted, first curl@2 in round 1: 1 wrong file: AD.',
			);
			expect(stdout).toMatch(/^curl +2 +failed/m);
			expect((await results()).runs.map(({ status }) => status).sort()).toEqual(['failed', 'ok']);
		},
		MINUTE_MS,
	);

	it(
		'measures a server of yours by a list, says how much it will ask of it, and keeps a rate',
		async () => {
			const server = await startFlagServer();
			onTestFinished(async () => await server.close());
			const urls = ['br', 'cn', 'in', 'us'].map((cc) => `${server.url}/flags/${cc}/${cc}.gif`);
			await writeFile(join(folder, 'list.txt'), urls.join('\n'));
			const args = ['-i', 'list.txt', '--strategies', 'async', '-c', '4', '--rate', '10/s'];

			const { code, stderr } = await flagdl(
				['bench', ...args, '--rounds', '2', '--json', 'b.json'],
				folder,
			);

			expect(stderr).toContain(`This will send about 12 requests to ${new URL(server.url).host}.`);
			expect(code).toBe(0);
			const { runs, work } = await results();
			expect(work.scenario).toBeUndefined();
			for (const { wallMs, server: share } of runs) {
				// The turns take 300 ms; on a busy machine, the first request starts later than its turn.
				expect(wallMs).toBeGreaterThan(200);
				expect(share).toBeUndefined();
			}
		},
		MINUTE_MS,
	);

	it.each([
		['--strategies', 'async,fast', 'allowed: sequential, threads, async'],
		['--scenario', 'sunny', 'found no scenario'],
		['--peer', 'curl,ftp', 'allowed: curl, aria2c, wget2, xargs'],
		['--rounds', '0', 'from 1 to 100'],
		['-c', '8,0', 'from 1 to 10000'],
		['--input', 'nowhere.txt', 'cannot read nowhere.txt'],
		['--rate', 'fast', '50/s'],
	])('refuses %s %s before anything runs', async (option, value, allowed) => {
		const { code, stdout, stderr } = await flagdl(['bench', option, value], folder);

		expect(stderr).toContain(allowed);
		expect(stderr).not.toContain('warm-up');
		expect([code, stdout]).toEqual([2, '']);
		expect(await readdir(folder)).toEqual([]);
	});

	it('refuses a list with logins, which it would not send', async () => {
		const args = ['bench', 'http://anna:S3CRET@127.0.0.1:9/a.gif', '--rounds', '1'];
		const { code, stderr } = await flagdl(args, folder);

		expect(stderr).toContain('found a login or header fields for http://127.0.0.1:9/a.gif');
		expect(stderr).not.toContain('S3CRET');
		expect(code).toBe(2);
	});

	it(
		'writes what is complete when it is interrupted, and says that it is partial',
		async () => {
			const args = [...SMALL, '--strategies', 'async', '--rounds', '100', '--json', 'b.json'];
			const terminal = startOnTerminal([...args, '--html', 'b.html'], folder, { columns: 80 });
			await terminal.until((screen) => screen.some((line) => line.includes('round 2 of')));

			terminal.type('\u0003');

			expect(await terminal.ended).toBe(130);
			const measured = await results();
			expect(measured.partial).toBe(true);
			expect(measured.runs.length).toBeGreaterThanOrEqual(2);
			expect(measured.runs.every(({ status }) => status === 'ok')).toBe(true);
			expect(terminal.screen().join('\n')).toMatch(
				/Interrupted in round \d+ of 100: what follows is partial\./,
			);
			expect(await readFile(join(folder, 'b.html'), 'utf8')).toContain('partial');
		},
		MINUTE_MS,
	);

	it(
		'shows on a terminal where it is, and leaves only the report',
		async () => {
			const terminal = startOnTerminal(
				[...SMALL, '--strategies', 'async', '--rounds', '2'],
				folder,
				{
					columns: 80,
				},
			);
			await terminal.until((screen) =>
				screen.some((line) =>
					/^ [█░]{24} {2}round 2 of 2 {2}async, \d slots? {2}ETA \d+ s$/.test(line),
				),
			);

			expect(await terminal.ended).toBe(0);
			const screen = terminal.screen();
			expect(screen.join('\n')).not.toContain('ETA');
			expect(screen[0]).toMatch(/^8 files/);
			expect(Math.max(...screen.map((line) => line.length))).toBeLessThanOrEqual(80);
		},
		MINUTE_MS,
	);

	it(
		'takes its server along, whatever ends it',
		async () => {
			const { child } = startFlagdl([...SMALL, '--strategies', 'async', '--rounds', '50'], folder);
			await new Promise<void>((resolve) => {
				child.stderr?.on('data', (text: string) => {
					if (text.includes('round 1 of')) {
						resolve();
					}
				});
			});
			const pids = await childrenOf(child.pid ?? 0);
			expect(pids.length).toBeGreaterThan(0);

			child.kill('SIGKILL');

			await expect.poll(() => pids.filter(isAlive), { timeout: 20_000 }).toEqual([]);
		},
		MINUTE_MS,
	);
});

async function childrenOf(pid: number): Promise<readonly number[]> {
	const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
	return children.trim().split(' ').map(Number);
}

function isAlive(pid: number): boolean {
	try {
		// A zombie counts as dead.
		return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return false;
	}
}
