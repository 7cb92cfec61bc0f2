import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { installPackage } from '../helpers/installed-package.ts';

const run = promisify(execFile);
const MINUTES_MS = 3 * 60_000;

describe('the package, installed from its tarball', () => {
	let project: string;
	let tarballBytes: number;

	beforeAll(async () => {
		({ project, tarballBytes } = await installPackage());
	}, MINUTES_MS);

	it('is smaller than 6 MB', () => {
		expect(tarballBytes).toBeLessThan(6_000_000);
	});

	it('downloads flags', async () => {
		await run(join(project, 'node_modules/.bin/flagdl'), ['br', 'cn', '-d', 'flags'], {
			cwd: project,
		});

		expect((await readdir(join(project, 'flags'))).sort()).toEqual(['br.gif', 'cn.gif']);
	});

	it('downloads flags by threads: the worker is found where it is installed', async () => {
		const options = ['br', 'cn', '--strategy', 'threads', '-d', 'by-threads'];
		await run(join(project, 'node_modules/.bin/flagdl'), options, { cwd: project });

		expect((await readdir(join(project, 'by-threads'))).length).toBe(2);
	});

	it(
		'has types that resolve, and does nothing when it is imported',
		async () => {
			await mkdir(join(project, 'src'), { recursive: true });
			await writeFile(
				join(project, 'src/use.ts'),
				`import { download, type Outcome } from 'flagdl';
export async function first(): Promise<Outcome | undefined> {
	for await (const outcome of download([{ url: 'http://127.0.0.1:9/x', dest: '/tmp/x' }])) return outcome;
	return undefined;
}
`,
			);
			const tsc = join(process.cwd(), 'node_modules/typescript/bin/tsc');
			const types = join(process.cwd(), 'node_modules/@types');
			await run(
				process.execPath,
				[
					...[tsc, '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'],
					...['--skipLibCheck', '--types', 'node', '--typeRoots', types],
					join(project, 'src/use.ts'),
				],
				{ cwd: project },
			);

			const script = "await import('flagdl'); console.log('imported')";
			const { stdout, stderr } = await run(
				process.execPath,
				['--input-type=module', '-e', script],
				{ cwd: project },
			);
			expect([stdout, stderr]).toEqual(['imported\n', '']);
		},
		MINUTES_MS,
	);
});
