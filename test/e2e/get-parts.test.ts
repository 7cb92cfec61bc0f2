import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { filesIn } from '../helpers/files-in.ts';
import { it } from '../helpers/fixtures.ts';
import { flagdl, startFlagdl } from '../helpers/flagdl.ts';
import type { HoldServer } from '../helpers/hold-server.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const SIZE = 1.5 * 1024 * 1024;
const CUT = 1.25 * 1024 * 1024;
const CONTENT = randomBytes(SIZE);
const FIELDS = { 'content-length': SIZE, etag: '"one"' };
let out: string;

it.beforeEach(async ({ folder }) => {
	out = join(folder, 'out');
});

async function argsFor(
	server: HoldServer,
	folder: string,
	paths: readonly string[],
	more: readonly string[],
): Promise<string[]> {
	const lines = paths.map((path) => `${server.url}/${path}\n`);
	await writeFile(join(folder, 'list'), lines.join(''));
	return ['-i', 'list', '-d', 'out', '-c', '4', '--threads', '2', '--progress', 'none', ...more];
}

function cutOff(response: ServerResponse): void {
	response.writeHead(200, FIELDS);
	response.write(CONTENT.subarray(0, CUT), () => response.socket?.end());
}

/** Resolves when a file or folder of at least this size exists. */
async function appears(find: () => string | undefined, bytes = 0): Promise<void> {
	for (;;) {
		const path = find();
		if (path !== undefined && statSync(path).size >= bytes) {
			return;
		}
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

/** The first file below a folder whose path matches. */
function firstOf(directory: string, fits: RegExp): string | undefined {
	try {
		return readdirSync(directory, { recursive: true, withFileTypes: true })
			.filter((entry) => entry.isFile())
			.map((entry) => join(entry.parentPath, entry.name))
			.find((path) => fits.test(path));
	} catch {
		return undefined;
	}
}

const UNFINISHED = /\.flagdl\/[^/]+\/[^/]+$/;
const KEPT = /\.flagdl\/[0-9a-f]{32}\.part$/;

describe.each(['async', 'threads', 'sequential'])('a run by %s', (strategy) => {
	it('that is killed is completed by the next one, which resumes and leaves nothing else', async ({
		server,
		folder,
	}) => {
		const paths = ['small.bin', 'kept.bin', 'half.bin', 'later.bin'];
		let isKilled = false;
		server.answer('/kept.bin', ({ headers: { range } }, response) => {
			if (!isKilled) {
				cutOff(response);
				return;
			}
			const start = range === undefined ? 0 : CUT;
			response.writeHead(range === undefined ? 200 : 206, {
				...FIELDS,
				'content-length': SIZE - start,
				...(start > 0 && { 'content-range': `bytes ${start}-${SIZE - 1}/${SIZE}` }),
			});
			response.end(CONTENT.subarray(start));
		});
		server.answer('/half.bin', (_request, response) => {
			if (isKilled) {
				response.end(CONTENT);
			} else {
				response.writeHead(200, FIELDS);
				response.write(CONTENT.subarray(0, CUT));
			}
		});
		server.holds('/kept.bin', CONTENT);
		server.holds('/half.bin', CONTENT);
		// The second file keeps a part and ends, so that its slot is free for the third.
		const args = await argsFor(server, folder, paths, ['--strategy', strategy, '--retry', '0']);
		const { child, ended } = startFlagdl(args, folder);
		await appears(() => firstOf(out, KEPT));
		await appears(() => firstOf(out, UNFINISHED), 1024 * 1024);
		await appears(() => firstOf(out, /small\.bin$/));
		child.kill('SIGKILL');
		await ended;
		isKilled = true;
		expect(firstOf(out, UNFINISHED)).toBeDefined();

		const { code } = await flagdl(args, folder);

		expect(code).toBe(0);
		expect((await readdir(out)).sort()).toEqual([...paths].sort());
		expect(readFileSync(join(out, 'kept.bin')).equals(CONTENT)).toBe(true);
		expect(readFileSync(join(out, 'half.bin')).equals(CONTENT)).toBe(true);
		expect(
			server.requests.filter(({ url }) => url === '/kept.bin').map(({ headers }) => headers.range),
		).toEqual([undefined, `bytes=${CUT}-`]);
	});

	it('that is interrupted leaves no part, whether its target has failed or was in flight', async ({
		server,
		folder,
	}) => {
		server.answer('/failed.bin', (_request, response) => cutOff(response));
		server.answer('/half.bin', (_request, response) => {
			response.writeHead(200, FIELDS);
			response.write(CONTENT.subarray(0, CUT));
		});
		const args = await argsFor(
			server,
			folder,
			['failed.bin', 'half.bin'],
			['--strategy', strategy, '--retry', '0'],
		);
		const { child, ended } = startFlagdl(args, folder);
		await appears(() => firstOf(out, KEPT));
		await appears(() => firstOf(out, UNFINISHED), 1024 * 1024);

		child.kill('SIGTERM');

		expect((await ended).code).toBe(143);
		expect(await readdir(out)).toEqual([]);
	});

	it('that is ended by --fail-early keeps the part of the target that has failed', async ({
		server,
		folder,
	}) => {
		server.answer('/failed.bin', (_request, response) => cutOff(response));
		server.answer('/half.bin', (_request, response) => {
			response.writeHead(200, FIELDS);
			response.write(CONTENT.subarray(0, CUT));
		});
		const args = await argsFor(
			server,
			folder,
			['failed.bin', 'half.bin'],
			['--strategy', strategy, '--retry', '0', '--fail-early'],
		);

		expect((await flagdl(args, folder)).code).toBe(1);

		expect(await filesIn(out)).toEqual(['.flagdl/*.part']);
	});
});

describe('the reserved directory', () => {
	it.for(['a link', 'a file'])(
		'that is %s is exit code 4, before the first request',
		async (what, { server, folder }) => {
			const outside = await temporaryFolder();
			const args = await argsFor(server, folder, ['small.bin'], []);
			await flagdl(args, folder);
			const reserved = join(out, '.flagdl');
			if (what === 'a link') {
				symlinkSync(outside, reserved);
			} else {
				writeFileSync(reserved, '');
			}

			const { code, stderr } = await flagdl([...args, '--if-exists', 'overwrite'], folder);

			expect(code).toBe(4);
			expect(stderr).toContain(
				'cannot write to the output directory out: .flagdl in it is no directory',
			);
			expect(stderr).toContain('remove it, or give another directory with -d');
			expect(server.requests).toHaveLength(1);
			expect(await readdir(outside)).toEqual([]);
		},
	);

	it('cannot be named by a list, a template or a URL', async ({ folder }) => {
		for (const [line, more] of [
			['http://127.0.0.1:9/a\t.flagdl/a', []],
			['{"url": "http://127.0.0.1:9/a", "dest": ".FLAGDL"}', []],
			['http://127.0.0.1:9/.flagdl', []],
			['http://127.0.0.1:9/%2Eflagdl/a', ['-o', '{path}']],
			['http://127.0.0.1:9/a', ['-o', '.flagdl/{basename}']],
			['http://127.0.0.1:9/.flagdl-state.json', []],
		] as const) {
			await writeFile(join(folder, 'list'), line);
			const { code, stderr } = await flagdl(['-i', 'list', ...more], folder);
			expect([code, stderr], line).toEqual([
				2,
				expect.stringContaining('which flagdl itself needs'),
			]);
		}
	});
});
