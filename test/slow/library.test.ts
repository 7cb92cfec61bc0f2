import { execFile } from 'node:child_process';
import { cp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installPackage } from '../helpers/installed-package.ts';
import { expectWithin } from '../helpers/within.ts';

const run = promisify(execFile);
const MINUTES_MS = 3 * 60_000;
const ROOT = resolve(import.meta.dirname, '../..');

describe('a project that has installed flagdl', () => {
	let project: string;
	const node = async (...args: readonly string[]) =>
		await run(process.execPath, args, { cwd: project });

	beforeAll(async () => {
		({ project } = await installPackage());
		await cp(join(ROOT, 'test/example'), project, { recursive: true });
	}, MINUTES_MS);
	afterAll(async () => {
		await rm(project, { recursive: true, force: true });
	});

	it('tests its client with node:test', async () => {
		const { stdout } = await node('--test', '--test-reporter=tap', 'client.node-test.mjs');

		expect(stdout).toContain('# pass 4');
		expect(stdout).toContain('# fail 0');
	});

	it.each([
		['saves a login page', "=== 'image/gif'", "!== 'nothing'"],
		[
			'saves what was cut short',
			'Buffer.from(await response.arrayBuffer())',
			'await start(response)',
		],
		['saves another file', 'fetch(url)', "fetch(url.replaceAll('cn', 'in'))"],
		['does not try again', 'tries = 4', 'tries = 1'],
		['tries again what is not there', '=== 404', '=== 599'],
	])('convicts a client that %s', async (_what, right, wrong) => {
		const client = await readFile(join(ROOT, 'test/example/client.mjs'), 'utf8');
		const start =
			'const start = async ({ body }) => Buffer.from((await body.getReader().read()).value ?? []).subarray(0, 99);';
		await writeFile(join(project, 'client.mjs'), `${client.replace(right, wrong)}\n${start}\n`);

		const testing = node('--test', '--test-reporter=tap', 'client.node-test.mjs');

		await expect(testing).rejects.toMatchObject({ code: 1 });
		await cp(join(ROOT, 'test/example/client.mjs'), join(project, 'client.mjs'));
	});

	it(
		'tests its client with vitest',
		async () => {
			await symlink(
				join(ROOT, 'node_modules/vitest'),
				join(project, 'node_modules/vitest'),
				'junction',
			);

			const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
			const config = 'export default { test: { include: ["client.vitest.mjs"] } };';
			await writeFile(join(project, 'vitest.config.mjs'), config);
			const { stdout } = await node(vitest, 'run', '--root', project);

			expect(stdout).toMatch(/Tests\s.*1 passed/);
		},
		MINUTES_MS,
	);

	it(
		'compiles against its types, and does what they say',
		async () => {
			const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
			const types = join(ROOT, 'node_modules/@types');
			await node(
				...[tsc, '--strict', '--module', 'nodenext', '--target', 'es2023', '--skipLibCheck'],
				...['--types', 'node', '--typeRoots', types, '--outDir', 'out', '--rootDir', '.', 'use.ts'],
			);

			const script = `const { compare, differences } = await import('./out/use.js');
const { cells } = (await compare()).analysis;
console.log(JSON.stringify([
	await differences('flags', AbortSignal.timeout(60_000)),
	cells.map(({ cell, good }) => [cell.id, good]),
]));`;
			const { stdout } = await node('--input-type=module', '-e', script);
			expect(JSON.parse(stdout)).toEqual([[], [['async@2', 1]]]);
		},
		MINUTES_MS,
	);

	it(
		'runs smoke, less than a minute of it',
		async () => {
			const bin = join(project, 'node_modules/.bin/flagdl');
			const startMs = performance.now();

			const { stdout } = await run(bin, ['smoke', '--junit', 'smoke.xml'], { cwd: project });

			expect(stdout).toContain('15 of 15 runs passed');
			expectWithin(60_000, startMs);
		},
		MINUTES_MS,
	);

	it('finds the schemas', async () => {
		const script = `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url + '/x.js');
for (const name of ['events', 'report', 'scenario', 'smoke', 'bench']) console.log(require('flagdl/schemas/' + name + '.schema.json').$id);`;
		const { stdout } = await node('--input-type=module', '-e', script);

		expect(stdout.trim().split('\n').length).toBe(5);
	});
});

describe('the library, bundled', () => {
	it('has nothing in it of what was not imported', async () => {
		const { metafile } = await build({
			stdin: { contents: "export { parseScenario } from './dist/index.js';", resolveDir: ROOT },
			bundle: true,
			platform: 'node',
			format: 'esm',
			write: false,
			metafile: true,
		});

		const modules = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
		expect(modules.some((id) => id.includes('scenarios'))).toBe(true);
		expect(modules.filter((id) => /download|server|bench|undici/.test(id))).toEqual([]);
	});
});
