import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { suiteFolder } from '../helpers/temporary-folder.ts';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');
const MINUTES_MS = 5 * 60_000;

let folder: string;
let clone: string;

/** Clones the working tree, uncommitted files included, into a new repository. */
beforeAll(async () => {
	folder = await suiteFolder();
	clone = join(folder, 'clone');
	await mkdir(clone);
	const { stdout } = await run(
		'git',
		['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
		{
			cwd: ROOT,
			maxBuffer: 1e7,
		},
	);
	for (const file of stdout.split('\0').filter((name) => name !== '')) {
		await cp(join(ROOT, file), join(clone, file), { recursive: true }).catch(() => {});
	}
	await git('init', '-q');
	await git('add', '-A');
	await git('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '-qm', 'all');
}, MINUTES_MS);

async function git(...args: readonly string[]) {
	await run('git', args, { cwd: clone });
}

/** Runs a command with an empty home directory, except for the settings of npm. */
async function shell(line: string, cwd: string, env: Record<string, string> = {}) {
	const home = join(folder, 'home');
	await mkdir(home, { recursive: true });
	const npmrc = process.env['npm_config_userconfig'] ?? join(process.env['HOME'] ?? '', '.npmrc');
	const own = {
		HOME: home,
		npm_config_userconfig: npmrc,
		npm_config_prefix: join(folder, 'prefix'),
	};
	return await run('bash', ['-c', line], { cwd, env: { ...process.env, ...own, ...env } });
}

async function emptyProject(name: string): Promise<string> {
	const project = join(folder, name);
	await mkdir(project);
	await writeFile(join(project, 'package.json'), '{"private":true}');
	return project;
}

describe('in an empty folder', () => {
	it(
		'a clone before its first command says what to run, and npm ci builds it',
		async () => {
			await expect(shell('node bin/flagdl.js br', clone)).rejects.toMatchObject({
				code: 4,
				stderr: expect.stringContaining('npm ci') as string,
			});

			await shell('npm ci --no-audit --no-fund && npm start', clone);

			expect(await readdir(join(clone, 'downloads'))).toHaveLength(20);
		},
		MINUTES_MS,
	);

	it(
		'a tarball is installed, and a Git URL is built by npm',
		async () => {
			await shell('npm pack', clone);
			const byTarball = await emptyProject('by-tarball');
			const byGit = await emptyProject('by-git');

			await shell(`npm install ${clone}/flagdl-0.1.0.tgz && npx flagdl br`, byTarball);
			await shell(`npm install git+file://${clone} && npx flagdl br`, byGit);

			for (const project of [byTarball, byGit]) {
				expect(await readdir(join(project, 'downloads'))).toEqual(['br.gif']);
			}
			const notices = join(byTarball, 'node_modules/flagdl/dist/THIRD-PARTY-NOTICES.txt');
			for (const name of ['undici', 'commander', 'chalk', 'p-limit', 'flag-icons']) {
				expect(await readFile(notices, 'utf8')).toMatch(new RegExp(`^${name} \\d`, 'm'));
			}
		},
		MINUTES_MS,
	);

	it(
		'npm install -g . makes the command',
		async () => {
			const project = await emptyProject('global');
			await shell('npm install -g .', clone);

			await shell(`${join(folder, 'prefix/bin/flagdl')} br`, project);

			expect(await readdir(join(project, 'downloads'))).toEqual(['br.gif']);
		},
		MINUTES_MS,
	);
});

describe('what npm does before it packs', () => {
	it(
		'builds what is older than its source, and keeps what it cannot build anew',
		async () => {
			const bundle = join(clone, 'dist/bundle/get.cjs');
			await writeFile(bundle, 'old');
			await shell('node scripts/build.mjs --if-needed', clone);
			expect(await readFile(bundle, 'utf8')).toBe('old');

			const later = new Date(Date.now() + 60_000);
			await utimes(join(clone, 'src/index.ts'), later, later);
			await writeFile(join(clone, 'src/broken.ts'), 'export const x: number = "";');
			await expect(shell('node scripts/build.mjs', clone)).rejects.toThrow();
			expect(await readFile(bundle, 'utf8')).toBe('old');

			await rm(join(clone, 'src/broken.ts'));
			await shell('node scripts/build.mjs --if-needed', clone);
			expect(await readFile(bundle, 'utf8')).not.toBe('old');
		},
		MINUTES_MS,
	);

	it(
		'does nothing where there is no compiler',
		async () => {
			await shell('npm ci --omit=dev --no-audit --no-fund', clone);

			expect((await readdir(join(clone, 'dist'))).length).toBeGreaterThan(5);
			await shell('node bin/flagdl.js br -d without', clone);
			expect(await readdir(join(clone, 'without'))).toEqual(['br.gif']);
		},
		MINUTES_MS,
	);
});
