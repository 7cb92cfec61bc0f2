import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { FLAGDL } from '../helpers/flagdl.ts';
import { startSocks } from '../helpers/socks.ts';
import { FIXTURES, isInstalled, startNginx } from '../network/programs.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const FILES = 500;
const CHANGED = 7;

interface CheckDocs {
	readonly commandsOf: (
		language: string,
		body: string,
	) => Iterable<{ command: string; expected: string }>;
	readonly shape: (text: string) => string;
}

const { commandsOf, shape } = (await import(
	/* @vite-ignore */ join(ROOT, 'scripts/check-docs.mjs')
)) as CheckDocs;

const pathOf = (number: number) => `/albums/${number}/cover.gif`;

/** Writes the files. @returns Their contents, by number. */
async function writeAlbums(folder: string): Promise<Map<number, Buffer>> {
	const codes = await readdir(join(FIXTURES, 'flags'));
	const contents = new Map<number, Buffer>();
	for (let number = 1; number <= FILES; number += 1) {
		const code = codes[number % codes.length] ?? '';
		const content = await readFile(join(FIXTURES, 'flags', code, `${code}.gif`));
		const path = join(folder, pathOf(number));
		await mkdir(dirname(path), { recursive: true });
		await writeFile(path, content);
		contents.set(number, content);
	}
	return contents;
}

it.skipIf(!isInstalled('nginx', '-v'))(
	'docs/first-hour.md does what it says, with a real nginx behind a SOCKS proxy',
	{ timeout: 120_000 },
	async ({ folder }) => {
		const web = join(folder, 'web');
		const contents = await writeAlbums(web);
		const log = join(folder, 'access.log');
		await writeFile(join(folder, 'users'), 'anna:{PLAIN}secret\n');
		const url = await startNginx(folder, {
			http: `log_format short '$status $uri $remote_user "$http_x_project" "$http_accept_language"';`,
			server: `access_log ${log} short; location /albums/ { root ${web};
				auth_basic "albums"; auth_basic_user_file ${join(folder, 'users')};
				if ($http_x_project != "atlas") { return 403; }
				if ($http_accept_language != "pt") { return 406; } }`,
		});
		const socks = await startSocks({ to: Number(new URL(url).port) });
		const work = join(folder, 'work');
		const rows = Array.from(
			{ length: FILES },
			(_, at) => `http://photos.example${pathOf(at + 1)},pt`,
		);
		await mkdir(join(folder, 'bin'));
		await mkdir(work);
		await writeFile(join(work, 'photos.csv'), `url,header.accept-language\n${rows.join('\n')}\n`);
		const [node, bin] = FLAGDL;
		await writeFile(join(folder, 'bin/flagdl'), `#!/bin/sh\nexec '${node}' '${bin}' "$@"\n`);
		await chmod(join(folder, 'bin/flagdl'), 0o755);
		const page = await readFile(join(ROOT, 'docs/first-hour.md'), 'utf8');

		let updates = 0;
		const logged = async (from: number) =>
			(await readFile(log, 'utf8')).trimEnd().split('\n').slice(from);
		for (const [, body = ''] of page.matchAll(/```console\n(.*?)```/gs)) {
			for (const { command, expected } of commandsOf('console', body)) {
				const text = expected.replace('127.0.0.1:1080', socks.host);
				if (command === 'cat options.json') {
					await writeFile(join(work, 'options.json'), text);
				}
				const isUpdate = command.includes('--if-exists update');
				if (isUpdate) {
					updates += 1;
					for (let number = 1; number <= CHANGED; number += 1) {
						await utimes(join(web, pathOf(number)), 1e9, 1e9);
					}
				}
				const before = isUpdate ? (await logged(0)).length : 0;
				const printed = await run(command, work, join(folder, 'bin'));
				const isExact = command.includes('--dry-run');
				const same = isExact ? (one: string) => one : shape;
				expect(same(printed), command).toContain(same(text));
				if (isUpdate) {
					const statuses = (await logged(before)).map((line) => line.slice(0, 3));
					expect(statuses.filter((status) => status === '304')).toHaveLength(FILES - CHANGED);
					expect(statuses.filter((status) => status === '200')).toHaveLength(CHANGED);
				}
			}
		}

		expect(updates).toBe(1);
		const lines = await logged(0);
		expect(lines.filter((line) => line.startsWith('200 '))).toHaveLength(FILES + CHANGED);
		expect(lines.filter((line) => line.startsWith('401 ')).length).toBeGreaterThan(0);
		expect(lines.every((line) => line.endsWith('"atlas" "pt"'))).toBe(true);
		expect(new Set(socks.asked)).toEqual(new Set(['photos.example:80']));
		await expectSaved(join(work, 'photos'), contents);
	},
);

async function run(command: string, cwd: string, bin: string): Promise<string> {
	const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: cwd, LANG: 'C.UTF-8' };
	const child = spawn('bash', ['-c', `exec 2>&1; ${command}`], { cwd, env, timeout: 60_000 });
	let printed = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		printed += text;
	});
	await once(child, 'close');
	return printed;
}

async function expectSaved(folder: string, contents: ReadonlyMap<number, Buffer>): Promise<void> {
	const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
	expect(names).toHaveLength(FILES);
	expect(names.every((name) => /^cover-[0-9a-f]{8}\.gif$/.test(name))).toBe(true);
	const saved = await Promise.all(names.map((name) => readFile(join(folder, name))));
	const sorted = (all: Iterable<Buffer>) =>
		[...all].map((content) => content.toString('base64')).sort();
	expect(sorted(saved)).toEqual(sorted(contents.values()));
}
