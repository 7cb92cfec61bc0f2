import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
	existsSync,
	lstatSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
} from 'node:fs';
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRunName } from '../../src/download/disk/run-folders.ts';
import {
	DEFAULT_OPTIONS,
	type DownloadOptions,
	type IfExists,
} from '../../src/download/options.ts';
import type { Target } from '../../src/targets/target.ts';
import { collect } from '../helpers/collect.ts';
import { filesIn } from '../helpers/files-in.ts';
import { serve } from '../helpers/serve.ts';
import { strategies, strategiesBesideOthers } from '../helpers/strategies.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const STRATEGIES = ['async', 'threads', 'sequential'] as const;
const SIZE = 1.5 * 1024 * 1024;
const CUT = 1.25 * 1024 * 1024;
const CONTENT = randomBytes(SIZE);
const SMALL = Buffer.from('small');

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

/** A directory of an earlier process that had the PID of this one. */
const DEAD = createRunName().split('.').with(3, '1').join('.');

/** Cuts off every response that is not a range. */
const cutOff: Respond = ({ headers: { range } }, response) => {
	const fields = { 'content-length': SIZE, etag: '"one"' };
	if (range === undefined) {
		response.writeHead(200, fields);
		response.write(CONTENT.subarray(0, CUT), () => response.socket?.end());
		return;
	}
	const start = Number(/\d+/.exec(range)?.[0]);
	response.writeHead(206, {
		...{ ...fields, 'content-length': SIZE - start },
		'content-range': `bytes ${start}-${SIZE - 1}/${SIZE}`,
	});
	response.end(CONTENT.subarray(start));
};

async function run(
	name: (typeof STRATEGIES)[number],
	targets: readonly Partial<Target>[],
	outputDir: string | undefined,
	options: Partial<DownloadOptions> = {},
	by = strategies,
) {
	return await collect(
		by[name](
			targets.map((target, index) => ({ id: `${index}`, index, ...target }) as Target),
			{
				options: { ...DEFAULT_OPTIONS, seed: 3, ...options },
				concurrency: 4,
				threads: 2,
				signal: new AbortController().signal,
				...(outputDir !== undefined && { outputDir }),
			},
		),
	);
}

describe.each(STRATEGIES)('what others have in the output directory, by %s', (name) => {
	it('is never touched, whatever it is called', async () => {
		const held = Buffer.from('content of b.bin.part');
		const url = await serve(held, (request, response) => {
			if (request.url === '/b.bin.part') {
				response.end(held);
			} else {
				response.writeHead(200, { 'content-length': SIZE, etag: '"one"' });
				response.write(CONTENT.subarray(0, CUT), () => response.socket?.end());
			}
		});
		const [folder, outside] = [await temporaryFolder(), await temporaryFolder()];
		await writeFile(join(outside, 'precious'), 'precious');
		await writeFile(join(folder, 'c.bin.part'), 'of a browser');
		await mkdir(join(folder, 'd.bin.part'));
		symlinkSync(join(outside, 'precious'), join(folder, 'e.bin.part'));
		const targets = ['b.bin.part', 'b.bin', 'c.bin', 'd.bin', 'e.bin'].map((file) => ({
			url: `${url}/${file}`,
			dest: join(folder, file),
		}));

		const outcomes = await run(name, targets, folder, { retries: 1 });

		expect(
			outcomes.filter(({ status }) => status === 'ok').map(({ target }) => target.url),
		).toEqual([`${url}/b.bin.part`]);
		expect(readFileSync(join(folder, 'b.bin.part'), 'utf8')).toBe('content of b.bin.part');
		expect(readFileSync(join(folder, 'c.bin.part'), 'utf8')).toBe('of a browser');
		expect(lstatSync(join(folder, 'd.bin.part')).isDirectory()).toBe(true);
		expect(lstatSync(join(folder, 'e.bin.part')).isSymbolicLink()).toBe(true);
		expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('precious');
	});

	it.each(['a link', 'a file'])(
		'is not written to: %s in the place of the reserved directory',
		async (what) => {
			const url = await serve(SMALL, (_request, response) => response.end(SMALL));
			const [folder, outside] = [await temporaryFolder(), await temporaryFolder()];
			const reserved = join(folder, '.flagdl');
			if (what === 'a link') {
				symlinkSync(outside, reserved);
			} else {
				await writeFile(reserved, 'a file');
			}

			const [outcome] = await run(name, [{ url: `${url}/f`, dest: join(folder, 'f') }], folder);

			expect(outcome).toMatchObject({ status: 'error', failure: { code: 'ENOTDIR' } });
			expect(outcome?.failure?.message).toContain(`${reserved} is no directory; remove it`);
			expect(await readdir(outside)).toEqual([]);
			expect(await readdir(folder)).toEqual(['.flagdl']);
		},
	);

	it.each([
		['small', SMALL],
		['large', CONTENT],
	])(
		'is kept by skip and fail if it appears while the %s file is on its way',
		async (_, content) => {
			const folder = await temporaryFolder();
			const url = await serve(content, (request, response) => {
				response.writeHead(200, { 'content-length': content.length });
				response.write(content.subarray(0, 1));
				void writeFile(join(folder, request.url ?? ''), 'of the user').then(() => {
					response.end(content.subarray(1));
				});
			});
			const targetOf = (file: string, rest: Partial<Target>) => ({
				...{ url: `${url}/${file}`, dest: join(folder, file), ...rest },
			});
			const sha256 = createHash('sha256').update(content).digest('hex');
			const saveAs = async (file: string, ifExists: IfExists, rest: Partial<Target> = {}) =>
				await run(name, [targetOf(file, rest)], folder, { ifExists }, strategiesBesideOthers);

			const outcomes = [
				...(await saveAs('skip', 'skip')),
				...(await saveAs('fail', 'fail')),
				...(await saveAs('sum', 'skip', { sha256 })),
				...(await saveAs('overwrite', 'overwrite')),
			];

			expect(
				outcomes.map(({ status, failure, requests }) => [status, failure?.code, requests]),
			).toEqual([
				['skipped', undefined, 1],
				['error', 'file_exists', 1],
				['error', 'file_exists', 1],
				['ok', undefined, 1],
			]);
			const kept = ['skip', 'fail', 'sum'].map((file) => readFileSync(join(folder, file), 'utf8'));
			expect(kept).toEqual(['of the user', 'of the user', 'of the user']);
			expect(readFileSync(join(folder, 'overwrite')).equals(content)).toBe(true);
			expect(await filesIn(folder)).toEqual(['fail', 'overwrite', 'skip', 'sum']);
		},
	);

	it('is not trusted: a link, another name of a file, a directory or rubbish among the parts that are kept', async () => {
		const url = await serve(CONTENT, cutOff);
		const [folder, outside] = [await temporaryFolder(), await temporaryFolder()];
		const targets = [0, 1, 2, 3].map((file) => ({
			url: `${url}/${file}`,
			dest: join(folder, `${file}`),
		}));
		await run(name, targets, folder, { retries: 0 });
		const reserved = join(folder, '.flagdl');
		const [first = '', second = '', third = '', fourth = ''] = (await readdir(reserved)).map(
			(part) => join(reserved, part),
		);
		const precious = join(outside, 'precious');
		const copy = await readFile(first);
		await writeFile(precious, copy);
		await writeFile(`${precious}-2`, await readFile(second));
		await Promise.all([first, second, third].map(async (part) => await rm(part)));
		symlinkSync(precious, first);
		await link(`${precious}-2`, second);
		await mkdir(third);
		await writeFile(fourth, randomBytes(CUT));

		const outcomes = await run(name, targets, folder, { retries: 1 });

		// Each is downloaded again and cut off; no part can be kept where the directory is.
		expect(outcomes.map(({ status, requests }) => [status, requests]).sort()).toEqual([
			...[
				['error', 2],
				['ok', 2],
				['ok', 2],
				['ok', 2],
			],
		]);
		const [last] = await run(name, targets, folder, { ifExists: 'skip', retries: 1 }).then((all) =>
			all.filter(({ status }) => status !== 'skipped'),
		);
		expect(last).toMatchObject({ status: 'ok', requests: 2 });
		expect(targets.every(({ dest }) => readFileSync(dest).equals(CONTENT))).toBe(true);
		expect((await readFile(precious)).equals(copy)).toBe(true);
		expect(statSync(`${precious}-2`).size).toBe(copy.length);
		expect((await readdir(folder)).sort()).toEqual(['0', '1', '2', '3']);
	});

	it('stays and does not hold a run up: what no run has left', async () => {
		const url = await serve(SMALL, (_request, response) => response.end(SMALL));
		const folder = await temporaryFolder();
		await mkdir(join(folder, '.flagdl/something/else'), { recursive: true });
		await writeFile(join(folder, '.flagdl/note'), 'a note');

		const [outcome] = await run(name, [{ url: `${url}/f`, dest: join(folder, 'f') }], folder);

		expect(outcome?.status).toBe('ok');
		expect(await filesIn(folder)).toEqual(['.flagdl/note', 'f']);
	});
});

describe.each(STRATEGIES)('what a killed run has left, by %s', (name) => {
	it.each(['output directory', 'directory of the file'])(
		'is swept from the %s, even if every file is there',
		async (where) => {
			const folder = await temporaryFolder();
			await mkdir(join(folder, '.flagdl', DEAD), { recursive: true });
			await writeFile(join(folder, '.flagdl', DEAD, 'x-1'), 'half');
			await writeFile(join(folder, 'f'), 'whole');
			const target = { url: 'http://127.0.0.1:9/f', dest: join(folder, 'f') };

			const [outcome] = await run(
				name,
				[target],
				where === 'output directory' ? folder : undefined,
				{ ifExists: 'skip' },
			);

			expect(outcome?.status).toBe('skipped');
			expect(await readdir(folder)).toEqual(['f']);
		},
	);
});

describe('what a killed run has left', () => {
	it.skipIf(process.getuid?.() !== 0)('stays if it cannot be removed', async () => {
		const folder = await temporaryFolder();
		const busy = join(folder, '.flagdl', DEAD, 'mount');
		await mkdir(busy, { recursive: true });
		execFileSync('mount', ['-t', 'tmpfs', 'none', busy]);
		onTestFinished(() => {
			execFileSync('umount', [busy]);
		});
		const url = await serve(SMALL, (_request, response) => response.end(SMALL));

		const [outcome] = await run('async', [{ url: `${url}/f`, dest: join(folder, 'f') }], folder);

		expect(outcome?.status).toBe('ok');
		expect(existsSync(busy)).toBe(true);
	});
});

/** Another file system than that of temporary files, if one exists without a mount. */
const SHARED_MEMORY = '/dev/shm';
const hasOther =
	existsSync(SHARED_MEMORY) && statSync(SHARED_MEMORY).dev !== statSync(import.meta.dirname).dev;

describe.each(STRATEGIES)('a directory that leads to another file system, by %s', (name) => {
	it.skipIf(!hasOther)('takes small and large files, and parts are resumed there', async () => {
		const folder = await temporaryFolder();
		const other = mkdtempSync(join(SHARED_MEMORY, 'flagdl-test-'));
		onTestFinished(() => rmSync(other, { recursive: true, force: true }));
		symlinkSync(other, join(folder, 'link'));
		let isCut = true;
		const held = (path: string) => (path.startsWith('/large') ? CONTENT : SMALL);
		const url = await serve(held, (request, response) => {
			if (request.url?.startsWith('/large') === true) {
				if (isCut || request.headers.range !== undefined) {
					cutOff(request, response);
				} else {
					response.writeHead(200, { 'content-length': SIZE, etag: '"one"' }).end(CONTENT);
				}
			} else {
				response.end('small');
			}
		});
		const targets = [
			'small',
			'link/small',
			'link/deep/small',
			'large',
			'link/large',
			'link/deep/large',
		].map((path) => ({
			url: `${url}/${path.replaceAll(/.*\//g, '')}?${path}`,
			dest: join(folder, path),
		}));

		const outcomes = await run(name, targets, folder, { retries: 0 });

		expect(outcomes.map(({ status }) => status).sort()).toEqual([
			...['error', 'error', 'error', 'ok', 'ok', 'ok'],
		]);
		isCut = false;
		const again = await run(name, targets, folder, { retries: 0 });
		expect(again.map(({ status }) => status).sort()).toEqual([
			...['ok', 'ok', 'ok', 'skipped', 'skipped', 'skipped'],
		]);
		for (const { dest } of targets) {
			const content = dest.endsWith('large') ? CONTENT : Buffer.from('small');
			expect(readFileSync(dest).equals(content)).toBe(true);
		}
		expect(await filesIn(folder)).toEqual(['large', 'link', 'small']);
		expect(await filesIn(other)).toEqual(['deep/large', 'deep/small', 'large', 'small']);
		expect([...(await readdir(folder)), ...(await readdir(other))].sort()).toEqual(
			['deep', 'large', 'large', 'link', 'small', 'small'].sort(),
		);
	});
});
