import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { DownloadOptions } from '../../../src/download/options.ts';
import { contextWith, download } from '../../helpers/download.ts';
import { filesIn } from '../../helpers/files-in.ts';
import { it } from '../../helpers/fixtures.ts';
import type { HoldServer } from '../../helpers/hold-server.ts';

const SIZE = 3 * 1024 * 1024;
const CUT = 2 * 1024 * 1024;
let content: Buffer;
let etag: string;
/** Number of responses that are cut off after `CUT` bytes. */
let cuts: number;

it.beforeEach(async ({ server }) => {
	content = randomBytes(SIZE);
	etag = '"v1"';
	cuts = 0;
	server.answer('/large.bin', answer);
	server.holds('/large.bin', () => content);
});

function answer(request: IncomingMessage, response: ServerResponse): void {
	const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
	const start = range !== undefined && request.headers['if-range'] === etag ? Number(range) : 0;
	const head = { etag, 'content-length': SIZE - start };
	if (start > 0) {
		response.writeHead(206, { ...head, 'content-range': `bytes ${start}-${SIZE - 1}/${SIZE}` });
	} else {
		response.writeHead(200, head);
	}
	if (cuts > 0) {
		cuts -= 1;
		response.write(content.subarray(start, start + CUT), () => response.socket?.end());
	} else {
		response.end(content.subarray(start));
	}
}

const dest = (folder: string) => join(folder, 'large.bin');
const get = async (server: HoldServer, folder: string, options: Partial<DownloadOptions> = {}) =>
	await download(
		{ id: 'large', index: 0, url: `${server.url}/large.bin`, dest: dest(folder) },
		contextWith(options),
	);
const ranges = (server: HoldServer) => server.requests.map(({ headers }) => headers.range);

describe('a large file', () => {
	it('that was cut off goes on where it stopped, within a run', async ({ server, folder }) => {
		cuts = 1;

		const outcome = await get(server, folder);

		expect(outcome).toMatchObject({ status: 'ok', requests: 2, retries: 1, bytes: SIZE });
		expect(ranges(server)).toEqual([undefined, `bytes=${CUT}-`]);
		expect((await readFile(dest(folder))).equals(content)).toBe(true);
		expect(await filesIn(folder)).toEqual(['large.bin']);
	});

	it('that was cut off goes on where it stopped, in the next run', async ({ server, folder }) => {
		cuts = 1;
		expect((await get(server, folder, { retries: 0 })).status).toBe('error');
		expect(await filesIn(folder)).toEqual(['.flagdl/*.part']);

		expect((await get(server, folder, { retries: 0 })).status).toBe('ok');

		expect(server.requests[1]?.headers).toMatchObject({ range: `bytes=${CUT}-`, 'if-range': etag });
		expect((await readFile(dest(folder))).equals(content)).toBe(true);
		expect(await filesIn(folder)).toEqual(['large.bin']);
	});

	it('starts over where it has changed', async ({ server, folder }) => {
		cuts = 1;
		await get(server, folder, { retries: 0 });
		content = randomBytes(SIZE);
		etag = '"v2"';

		expect(await get(server, folder)).toMatchObject({ status: 'ok', requests: 1 });

		expect((await readFile(dest(folder))).equals(content)).toBe(true);
		expect(await filesIn(folder)).toEqual(['large.bin']);
	});

	it('starts over where the server does not do ranges', async ({ server, folder }) => {
		cuts = 1;
		await get(server, folder, { retries: 0 });
		server.answer('/large.bin', (_request, response) => response.end(content));

		expect(await get(server, folder)).toMatchObject({ status: 'ok', requests: 1 });

		expect((await readFile(dest(folder))).equals(content)).toBe(true);
	});

	it('is not put together from a range that was not asked for', async ({ server, folder }) => {
		cuts = 1;
		await get(server, folder, { retries: 0 });
		server.answer('/large.bin', (request, response) => {
			if (request.headers.range === undefined) {
				answer(request, response);
				return;
			}
			const length = SIZE - 1;
			response.writeHead(206, { etag, 'content-range': `bytes 1-${SIZE - 1}/${SIZE}` });
			response.end(content.subarray(1, 1 + length));
		});

		const outcome = await get(server, folder);

		expect(outcome.attempts?.map(({ code }) => code)).toEqual(['bad_range', undefined]);
		expect((await readFile(dest(folder))).equals(content)).toBe(true);
	});

	it('starts over where the part is longer than the file has become (416)', async ({
		server,
		folder,
	}) => {
		cuts = 1;
		await get(server, folder, { retries: 0 });
		server.answer('/large.bin', (request, response) => {
			if (request.headers.range === undefined) {
				content = Buffer.from('short');
				response.end(content);
			} else {
				response.writeHead(416, { 'content-range': 'bytes */5' }).end();
			}
		});

		expect(await get(server, folder)).toMatchObject({ status: 'ok', requests: 2, bytes: 5 });
	});

	it.for([400, 405, 406, 412, 501])(
		'starts over where the server refuses ranges by %i',
		async (status, { server, folder }) => {
			cuts = 1;
			await get(server, folder, { retries: 0 });
			server.answer('/large.bin', (request, response) => {
				response.writeHead(request.headers.range === undefined ? 200 : status, { etag });
				response.end(request.headers.range === undefined ? content : 'no ranges');
			});

			expect(await get(server, folder)).toMatchObject({ status: 'ok', requests: 2 });
			expect((await readFile(dest(folder))).equals(content)).toBe(true);
		},
	);

	it('keeps its part where the server does not answer at all', async ({ server, folder }) => {
		cuts = 1;
		await get(server, folder, { retries: 0 });
		server.answer('/large.bin', (_request, response) => response.writeHead(500).end());

		await get(server, folder, { retries: 1 });

		expect(await filesIn(folder)).toEqual(['.flagdl/*.part']);
	});

	it('leaves alone what has a name of old parts', async ({ server, folder }) => {
		const foreign = randomBytes(CUT);
		await writeFile(`${dest(folder)}.part`, foreign);

		expect(await get(server, folder)).toMatchObject({ status: 'ok', requests: 1 });

		expect(ranges(server)).toEqual([undefined]);
		expect(await filesIn(folder)).toEqual(['large.bin', 'large.bin.part']);
		expect((await readFile(`${dest(folder)}.part`)).equals(foreign)).toBe(true);
	});

	it('is resumed by one of two runs only', async ({ server, folder }) => {
		cuts = 1;
		await get(server, folder, { retries: 0 });

		const outcomes = await Promise.all([
			get(server, folder, { ifExists: 'overwrite' }),
			get(server, folder, { ifExists: 'overwrite' }),
		]);

		expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'ok']);
		expect(ranges(server).slice(1).sort()).toEqual([`bytes=${CUT}-`, undefined]);
		expect((await readFile(dest(folder))).equals(content)).toBe(true);
		expect(await filesIn(folder)).toEqual(['large.bin']);
	});

	it('is verified whole, with the part from before', async ({ server, folder }) => {
		cuts = 1;
		const sha256 = createHash('sha256').update(content).digest('hex');
		const target = {
			id: 'large',
			index: 0,
			url: `${server.url}/large.bin`,
			dest: dest(folder),
			sha256,
		};

		const outcome = await download(target, contextWith());

		expect(outcome).toMatchObject({ status: 'ok', requests: 2, sha256 });
	});

	it('whose content is wrong is not kept', async ({ server, folder }) => {
		const target = {
			id: 'large',
			index: 0,
			url: `${server.url}/large.bin`,
			dest: dest(folder),
			sha256: '0'.repeat(64),
		};

		const outcome = await download(target, contextWith({ retries: 0 }));

		expect(outcome.failure?.code).toBe('checksum_mismatch');
		expect(await filesIn(folder)).toEqual([]);
	});
});
