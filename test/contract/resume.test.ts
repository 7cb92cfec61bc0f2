import { randomBytes } from 'node:crypto';
import { lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../src/download/options.ts';
import type { Target } from '../../src/targets/target.ts';
import { collect } from '../helpers/collect.ts';
import { serve } from '../helpers/serve.ts';
import { strategies } from '../helpers/strategies.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const STRATEGIES = ['async', 'threads', 'sequential'] as const;
const SIZE = 3 * 1024 * 1024;
const CUT = 2 * 1024 * 1024;
const OLD = randomBytes(SIZE);
const NEW = randomBytes(SIZE);
const WEDNESDAY = 'Wed, 01 May 2024 10:00:00 GMT';
const THURSDAY = 'Thu, 02 May 2024 10:00:00 GMT';

type Headers = Record<string, string | number | string[]>;
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function run(
	name: (typeof STRATEGIES)[number],
	targets: readonly Partial<Target>[],
	outputDir: string,
	options: Partial<DownloadOptions> = {},
) {
	return await collect(
		strategies[name](
			targets.map((target, index) => ({ id: `${index}`, index, ...target }) as Target),
			{
				options: { ...DEFAULT_OPTIONS, seed: 3, ...options },
				concurrency: 4,
				threads: 2,
				signal: new AbortController().signal,
				outputDir,
			},
		),
	);
}

/** Cuts the first answer off in the old version; later ones are of the new version. */
async function startChangingServer(first: Headers, resumed: Answer): Promise<string> {
	let requests = 0;
	return await serve([OLD, NEW], (request, response) => {
		requests += 1;
		if (requests === 1) {
			response.writeHead(200, { 'content-length': SIZE, date: THURSDAY, ...first });
			response.write(OLD.subarray(0, CUT), () => response.socket?.end());
		} else if (request.headers.range !== undefined) {
			resumed(request, response);
		} else {
			response.writeHead(200, { 'content-length': SIZE, etag: '"new"' }).end(NEW);
		}
	});
}

/** A 206 with the rest of the new version. */
const rest =
	(headers: Headers, body = NEW.subarray(CUT)): Answer =>
	(_request, response) => {
		const range = `bytes ${CUT}-${SIZE - 1}/${SIZE}`;
		response.writeHead(206, { 'content-length': body.length, 'content-range': range, ...headers });
		response.end(body);
	};

const BY_ETAG = { etag: '"old"' };
const BY_DATE = { 'last-modified': WEDNESDAY };

/** What proves nothing: it is thrown away, and the file fetched whole. */
const REFUSED: readonly (readonly [string, Headers, Answer])[] = [
	['another ETag', BY_ETAG, rest({ etag: '"new"' })],
	['no ETag', BY_ETAG, rest({})],
	['a weak ETag of the same text', BY_ETAG, rest({ etag: 'W/"old"' })],
	[
		'the ETag and another Last-Modified',
		{ ...BY_ETAG, ...BY_DATE },
		rest({ etag: '"old"', 'last-modified': THURSDAY }),
	],
	[
		'another complete length',
		BY_ETAG,
		rest({ etag: '"old"', 'content-range': `bytes ${CUT}-${SIZE - 1}/${SIZE + 1}` }),
	],
	[
		'a range that ends early',
		BY_ETAG,
		rest(
			{ etag: '"old"', 'content-range': `bytes ${CUT}-${SIZE - 2}/${SIZE}` },
			NEW.subarray(CUT, SIZE - 1),
		),
	],
	[
		'another start',
		BY_ETAG,
		rest({ etag: '"old"', 'content-range': `bytes 1-${SIZE - 1}/${SIZE}` }),
	],
	[
		'two Content-Range fields',
		BY_ETAG,
		rest({
			etag: '"old"',
			'content-range': [`bytes ${CUT}-${SIZE - 1}/${SIZE}`, `bytes 0-${CUT - 1}/${SIZE}`],
		}),
	],
	[
		'another unit',
		BY_ETAG,
		rest({ etag: '"old"', 'content-range': `lines ${CUT}-${SIZE - 1}/${SIZE}` }),
	],
	[
		'numbers beyond all files',
		BY_ETAG,
		rest({ etag: '"old"', 'content-range': `bytes ${CUT}-${'9'.repeat(30)}/${'9'.repeat(31)}` }),
	],
	['no Content-Range', BY_ETAG, rest({ etag: '"old"', 'content-range': '' })],
	['a multipart answer', BY_ETAG, rest({ etag: '"old"', 'content-range': 'multipart/byteranges' })],
	['another Last-Modified', BY_DATE, rest({ 'last-modified': THURSDAY })],
	['an ETag where there was none', BY_DATE, rest({ ...BY_DATE, etag: '"new"' })],
	[
		'no Last-Modified and an unknown complete length',
		BY_DATE,
		rest({ 'content-range': `bytes ${CUT}-${SIZE - 1}/*` }),
	],
	[
		'416',
		BY_ETAG,
		(_request, response) => response.writeHead(416, { 'content-range': 'bytes */5' }).end(),
	],
	[
		'200 with a Content-Range and a slice',
		BY_ETAG,
		(_request, response) => {
			const range = `bytes ${CUT}-${SIZE - 1}/${SIZE}`;
			const length = SIZE - CUT;
			response.writeHead(200, { etag: '"new"', 'content-length': length, 'content-range': range });
			response.end(NEW.subarray(CUT));
		},
	],
	['304', BY_ETAG, (_request, response) => response.writeHead(304, { etag: '"old"' }).end()],
];

describe.each(STRATEGIES)('a part of an old version, by %s', (name) => {
	it.each(REFUSED)('is not joined to a 206 with %s', async (_what, first, resumed) => {
		const url = await startChangingServer(first, resumed);
		const folder = await temporaryFolder();

		const [outcome] = await run(
			name,
			[{ url: `${url}/f.bin`, dest: join(folder, 'f.bin') }],
			folder,
		);

		expect(outcome?.status).toBe('ok');
		expect(readFileSync(join(folder, 'f.bin')).equals(NEW)).toBe(true);
		expect(await readdir(folder)).toEqual(['f.bin']);
	});

	it.each([
		['the same ETag', BY_ETAG, BY_ETAG],
		['the same Last-Modified', BY_DATE, BY_DATE],
		['no Last-Modified, and the same complete length', BY_DATE, {}],
	])('is joined to a 206 with %s', async (_what, first, headers) => {
		const url = await startChangingServer(first, rest(headers, OLD.subarray(CUT)));
		const folder = await temporaryFolder();

		const [outcome] = await run(
			name,
			[{ url: `${url}/f.bin`, dest: join(folder, 'f.bin') }],
			folder,
		);

		expect(outcome).toMatchObject({ status: 'ok', requests: 2 });
		expect(readFileSync(join(folder, 'f.bin')).equals(OLD)).toBe(true);
	});

	it.each([
		['a weak ETag', { etag: 'W/"old"', ...BY_DATE }],
		['a Last-Modified as young as Date', { 'last-modified': THURSDAY }],
		['no validator', {}],
	])('with %s is not kept', async (_what, first) => {
		let ranges = 0;
		const url = await startChangingServer(first, (_request, response) => {
			ranges += 1;
			response.end(NEW);
		});
		const folder = await temporaryFolder();

		const [outcome] = await run(
			name,
			[{ url: `${url}/f.bin`, dest: join(folder, 'f.bin') }],
			folder,
		);

		expect(outcome?.status).toBe('ok');
		expect(ranges).toBe(0);
		expect(readFileSync(join(folder, 'f.bin')).equals(NEW)).toBe(true);
	});

	it('is resumed in the next run, from the same URL only', async () => {
		const asked: (string | undefined)[] = [];
		let cut = true;
		const held = (path: string) => (path === '/a' ? OLD : NEW);
		const url = await serve(held, (request, response) => {
			asked.push(`${request.url} ${request.headers.range ?? 'whole'}`);
			if (cut) {
				response.writeHead(200, { 'content-length': SIZE, ...BY_ETAG });
				response.write(OLD.subarray(0, CUT), () => response.socket?.end());
			} else if (request.headers.range === undefined) {
				response.writeHead(200, { 'content-length': SIZE, ...BY_ETAG }).end(NEW);
			} else {
				rest(BY_ETAG, OLD.subarray(CUT))(request, response);
			}
		});
		const folder = await temporaryFolder();
		const dest = join(folder, 'f.bin');
		const failing = { retries: 0 };
		expect((await run(name, [{ url: `${url}/a`, dest }], folder, failing))[0]?.status).toBe(
			'error',
		);
		expect((await run(name, [{ url: `${url}/a`, dest }], folder, failing))[0]?.status).toBe(
			'error',
		);
		cut = false;

		await run(name, [{ url: `${url}/b`, dest }], folder);
		expect((await readFile(dest)).equals(NEW)).toBe(true);
		expect(await readdir(folder)).toEqual(['f.bin']);
		expect(asked).toEqual(['/a whole', `/a bytes=${CUT}-`, '/b whole']);
	});
});

describe.each(STRATEGIES)('what others have in the output directory, by %s', (name) => {
	it('is never touched, whatever it is called', async () => {
		const url = await serve(Buffer.from('content of b.bin.part'), (request, response) => {
			if (request.url === '/b.bin.part') {
				response.end('content of b.bin.part');
			} else {
				response.writeHead(200, { 'content-length': SIZE, ...BY_ETAG });
				response.write(OLD.subarray(0, CUT), () => response.socket?.end());
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

	it('is not written through: a link in the place of the reserved directory', async () => {
		const url = await serve(Buffer.from('small'), (_request, response) => response.end('small'));
		const [folder, outside] = [await temporaryFolder(), await temporaryFolder()];
		symlinkSync(outside, join(folder, '.flagdl'));

		const [outcome] = await run(name, [{ url: `${url}/f`, dest: join(folder, 'f') }], folder);

		expect(outcome).toMatchObject({ status: 'error', failure: { code: 'EEXIST' } });
		expect(await readdir(outside)).toEqual([]);
	});

	it('is not trusted: a link among the parts that are kept', async () => {
		const url = await serve(OLD, (request, response) => {
			response.writeHead(200, { 'content-length': SIZE, ...BY_ETAG });
			if (request.headers.range === undefined) {
				response.write(OLD.subarray(0, CUT), () => response.socket?.end());
			}
		});
		const [folder, outside] = [await temporaryFolder(), await temporaryFolder()];
		const target = { url: `${url}/f`, dest: join(folder, 'f') };
		await run(name, [target], folder, { retries: 0 });
		const kept = join(folder, '.flagdl/kept');
		const [part = ''] = await readdir(kept);
		const copy = await readFile(join(kept, part));
		await writeFile(join(outside, 'precious'), copy);
		await rm(join(kept, part));
		symlinkSync(join(outside, 'precious'), join(kept, part));

		await run(name, [target], folder, { retries: 0 });

		expect((await readFile(join(outside, 'precious'))).equals(copy)).toBe(true);
	});
});
