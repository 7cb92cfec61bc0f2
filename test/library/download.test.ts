import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { download } from '../../src/library/download.ts';
import { collect } from '../helpers/collect.ts';
import { GIF, startHoldServer } from '../helpers/hold-server.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

describe.each(['async', 'threads', 'sequential'] as const)('the library, by %s', (strategy) => {
	it('saves in several directories, and leaves nothing else in them', async () => {
		const server = await startHoldServer();
		onTestFinished(async () => await server.close());
		const folder = await temporaryFolder();
		const large = Buffer.alloc(300_000, 1);
		server.answer('/large', (_request, response) => response.end(large));
		const targets = ['a/1', 'a/2', 'b/c/1', 'large'].map((path) => ({
			url: `${server.url}/${path}`,
			dest: join(folder, path),
		}));

		const outcomes = await collect(download(targets, { strategy, threads: 2 }));

		expect(outcomes.map(({ status, bytes }) => [status, bytes]).sort()).toEqual(
			[['ok', large.length], ...Array.from({ length: 3 }, () => ['ok', GIF.length])].sort(),
		);
		expect((await readdir(folder, { recursive: true })).sort()).toEqual(
			['a', 'a/1', 'a/2', 'b', 'b/c', 'b/c/1', 'large'].sort(),
		);
	});

	it.each(['.flagdl', '.flagdl/run/a.bin', 'x/.FLAGDL/a.bin', 'x/.flagdl-state.json'])(
		'has no target at %s',
		async (path) => {
			const folder = await temporaryFolder();
			const target = { url: 'http://127.0.0.1:9/a', dest: join(folder, path) };

			await expect(collect(download([target], { strategy }))).rejects.toThrow(
				/^dest must not have \.flagdl.* in it, found .*: flagdl itself needs that name$/i,
			);
			expect(await readdir(folder)).toEqual([]);
		},
	);
});
