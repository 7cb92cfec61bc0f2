import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { startFlagdl } from '../helpers/flagdl.ts';
import { startHoldServer } from '../helpers/hold-server.ts';
import { listOf } from '../helpers/numbered-files.ts';
import { skipWithoutRedis, startRedis } from '../helpers/redis.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

interface Recipe {
	readonly services: Readonly<Record<'redis' | 'worker' | 'get', { readonly command: string }>>;
}

// Runs the commands of the containers, with their options, on this machine.
describe.skipIf(skipWithoutRedis())('the compose.yaml of docs/queue.md', () => {
	it('has commands that work together', async () => {
		const readme = await readFile(resolve(import.meta.dirname, '../../docs/queue.md'), 'utf8');
		const block = /```yaml\n(# docker compose[\s\S]*?)```/.exec(readme)?.[1] ?? '';
		const { redis: store, worker, get } = (parse(block, { merge: true }) as Recipe).services;
		const cwd = await temporaryFolder();
		const server = await startHoldServer();
		onTestFinished(async () => await server.close());
		await mkdir(join(cwd, 'in'));
		await writeFile(join(cwd, 'in/list.txt'), listOf(20, server.url));
		const redis = await startRedis(...store.command.split(' ').slice(1));
		onTestFinished(async () => await redis.close());
		const env = { FLAGDL_REDIS_URL: redis.url };
		const run = (command: string) => {
			const args = command.slice(command.lastIndexOf(' flagdl ') + ' flagdl '.length);
			return startFlagdl(args.replace(/ \/(data|in)\b/g, ` ${cwd}/$1`).split(' '), cwd, { env });
		};

		const workers = [run(worker.command), run(worker.command)];
		const { code, stderr } = await run(get.command).ended;
		for (const { child } of workers) {
			child.kill('SIGTERM');
		}

		expect({ code, stderr }).toMatchObject({ code: 0 });
		const saved = (await readdir(join(cwd, 'data'))).filter((name) => name.endsWith('.gif'));
		expect(saved.length).toBe(20);
		expect((await readFile(join(cwd, 'in/report.csv'), 'utf8')).trim().split('\n').length).toBe(21);
	});
});
