import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { DEFAULT_OPTIONS } from '../../../src/download/options.ts';
import { collect } from '../../helpers/collect.ts';
import { contextWith, download } from '../../helpers/download.ts';
import { filesIn } from '../../helpers/files-in.ts';
import { it } from '../../helpers/fixtures.ts';
import { strategies } from '../../helpers/strategies.ts';

const canMount = process.getuid?.() === 0 && process.platform === 'linux';

describe('a save that fails', () => {
	it.skipIf(!canMount).for([
		['in memory', 40_000],
		['on its way', 4_000_000],
	] as const)(
		'is a failure of its attempt, with content that is %s',
		async ([_what, bytes], { server, folder }) => {
			execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
			onTestFinished(() => {
				execFileSync('umount', [folder]);
			});
			writeFileSync(join(folder, 'filler'), Buffer.alloc(36_000));
			server.answer('/a.bin', (_request, response) => response.end(Buffer.alloc(bytes)));
			const target = { id: 'a', index: 0, url: `${server.url}/a.bin`, dest: join(folder, 'a.bin') };

			const outcome = await download(target, contextWith());

			expect(outcome).toMatchObject({ status: 'error', requests: 1, failure: { code: 'ENOSPC' } });
			expect(outcome.attempts).toMatchObject([{ status: 200, code: 'ENOSPC' }]);
			expect(outcome.attempts?.[0]).not.toHaveProperty('writtenMs');
			expect(await filesIn(folder)).toEqual(['filler']);
		},
	);

	it.skipIf(!canMount)(
		'of a large file is known before its content is fetched',
		async ({ server, folder }) => {
			const fixed = join(folder, 'fixed');
			mkdirSync(fixed);
			execFileSync('mount', ['--bind', fixed, fixed]);
			onTestFinished(() => {
				execFileSync('umount', [fixed]);
			});
			execFileSync('mount', ['-o', 'remount,bind,ro', fixed]);
			server.answer('/a.bin', (_request, response) => {
				response.writeHead(200, { 'content-length': 100_000_000 });
				response.write(Buffer.alloc(200_000));
			});
			const target = { id: 'a', index: 0, url: `${server.url}/a.bin`, dest: join(fixed, 'a.bin') };

			const [outcome] = await collect(
				strategies.async([target], {
					options: DEFAULT_OPTIONS,
					concurrency: 1,
					threads: 1,
					signal: new AbortController().signal,
					outputDir: folder,
				}),
			);

			expect(outcome).toMatchObject({ status: 'error', requests: 1, failure: { code: 'EROFS' } });
			expect(await readdir(folder)).toEqual(['fixed']);
		},
	);
});
