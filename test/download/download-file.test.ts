import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { AttemptLog } from '../../src/download/attempt-log.ts';
import {
	closeContext,
	createNames,
	type DownloadContext,
	openContext,
} from '../../src/download/context.ts';
import { downloadFile, type FileDownload } from '../../src/download/download-file.ts';
import { parseUrl } from '../../src/download/http/redirect.ts';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../src/download/options.ts';
import { jitter } from '../../src/download/origin/limiter.ts';
import { RunLimiter } from '../../src/download/origin/run-limiter.ts';
import { nowMs } from '../../src/download/outcome.ts';
import type { Slowest } from '../../src/download/progress.ts';
import type { Target } from '../../src/targets/target.ts';
import { contextWith } from '../helpers/download.ts';
import { filesIn } from '../helpers/files-in.ts';
import { it } from '../helpers/fixtures.ts';
import { answering, GIF, type HoldServer } from '../helpers/hold-server.ts';
import { onTestFinished } from '../helpers/this-test.ts';

const MB = 1024 * 1024;
const CONTENT = Buffer.alloc(4 * MB, 'content ');

function fileOf(
	{ url }: HoldServer,
	folder: string,
	rest: Partial<Target> = {},
	isUpdate = false,
): FileDownload {
	const dest = join(folder, 'a.bin');
	const target = { id: 'a', index: 0, url: `${url}/a.bin`, dest, ...rest };
	return {
		...{ target, dest, isUpdate, url: parseUrl(target, target.url), log: new AttemptLog(true) },
		...{ signal: new AbortController().signal, hedged: undefined },
	};
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Sends the next response to each request; the last one is repeated. */
function answerInTurn(server: HoldServer, ...answers: readonly Answer[]): void {
	let turn = 0;
	server.holds('/a.bin', CONTENT);
	server.answer('/a.bin', (request, response) => {
		answers[Math.min(turn, answers.length - 1)]?.(request, response);
		turn += 1;
	});
}

/** Sends the requested range, but ends the connection after this number of its bytes. */
const cutAfter =
	(bytes: number, fields: Readonly<Record<string, string>> = {}): Answer =>
	({ headers }, response) => {
		const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
		response.writeHead(start === 0 ? 200 : 206, {
			...{ etag: '"v1"', 'content-length': CONTENT.length - start, ...fields },
			...(start > 0 && {
				'content-range': `bytes ${start}-${CONTENT.length - 1}/${CONTENT.length}`,
			}),
		});
		response.write(CONTENT.subarray(start, start + bytes), () => {
			if (start + bytes < CONTENT.length) {
				response.socket?.end();
			} else {
				response.end();
			}
		});
	};
const whole = cutAfter(CONTENT.length);
const status =
	(code: number): Answer =>
	(_, response) =>
		response.writeHead(code).end();

/** A seed whose waits before the first two retries are from 100 to 200 and from 220 to 280 ms. */
function seedOf({ url }: FileDownload): number {
	const waitMs = (seed: number, retry: number) => jitter(seed, url.href, retry) * 500 * 2 ** retry;
	const isWithin = (ms: number, [from, to]: readonly [number, number]) => from <= ms && ms <= to;
	let seed = 0;
	while (!isWithin(waitMs(seed, 0), [100, 200]) || !isWithin(waitMs(seed, 1), [220, 280])) {
		seed += 1;
	}
	return seed;
}

const ranges = ({ requests }: HoldServer) => requests.map(({ headers }) => headers.range);

describe('an update asks', () => {
	const etag = '"v1"';
	const lastModified = 'Mon, 23 Nov 2026 12:00:00 GMT';

	it.for([
		[
			{ etag, lastModified },
			{ 'if-none-match': etag, 'if-modified-since': lastModified },
		],
		[{ etag }, { 'if-none-match': etag }],
		[{ lastModified }, { 'if-modified-since': lastModified }],
		[{}, {}],
	] as const)(
		'with the validators that are known: %j',
		async ([validators, fields], { server, folder }) => {
			server.answer('/a.bin', answering(CONTENT));

			await downloadFile(fileOf(server, folder, { validators }, true), contextWith());

			const { headers } = server.requests[0] as IncomingMessage;
			const sent = ['if-none-match', 'if-modified-since', 'range'].flatMap((name) =>
				headers[name] === undefined ? [] : [[name, headers[name]]],
			);
			expect(Object.fromEntries(sent)).toEqual(fields);
		},
	);

	it.for([
		['nothing is known', {}, 304],
		['the range is refused that was not asked for', { etag }, 416],
	] as const)('in vain if %s', async ([, validators, code], { server, folder }) => {
		answerInTurn(server, status(code));

		await expect(
			downloadFile(fileOf(server, folder, { validators }, true), contextWith()),
		).rejects.toMatchObject({ code: `http_${code}` });
	});

	it('for nothing if the file is not to be updated', async ({ server, folder }) => {
		server.answer('/a.bin', answering(CONTENT));

		await downloadFile(fileOf(server, folder, { validators: { etag } }), contextWith());

		expect(server.requests[0]?.headers).not.toHaveProperty('if-none-match');
	});
});

describe('a part', () => {
	it('is completed by the range that is missing, if it is of the same version', async ({
		server,
		folder,
	}) => {
		answerInTurn(server, cutAfter(2 * MB), whole);
		const file = fileOf(server, folder);

		const fetched = await downloadFile(file, contextWith());

		expect(fetched).toEqual({ status: 'ok', bytes: CONTENT.length, etag: '"v1"' });
		expect(server.requests[1]?.headers).toMatchObject({
			...{ range: `bytes=${2 * MB}-`, 'if-range': '"v1"' },
		});
		expect((await readFile(file.dest)).equals(CONTENT)).toBe(true);
		expect(await filesIn(folder)).toEqual(['a.bin']);
	});

	it('survives a request that gets no answer, and a refusal', async ({ server, folder }) => {
		const reset: Answer = (_, response) => response.socket?.resetAndDestroy();
		answerInTurn(server, cutAfter(2 * MB), reset, reset, status(503), whole);

		await downloadFile(fileOf(server, folder), contextWith({ retries: 5 }));

		expect(ranges(server)[0]).toBe(undefined);
		expect(new Set(ranges(server).slice(1))).toEqual(new Set([`bytes=${2 * MB}-`]));
	});

	it('that has grown restarts --retry-max-time', async ({ server, folder }) => {
		answerInTurn(server, cutAfter(1.5 * MB), cutAfter(MB), whole);
		const file = fileOf(server, folder);

		await downloadFile(file, contextWith({ retryMaxTimeMs: 300, seed: seedOf(file) }));

		expect(file.log).toMatchObject({ requests: 3, retries: 2 });
	});

	it('that has not grown leaves --retry-max-time as it is', async ({ server, folder }) => {
		answerInTurn(server, cutAfter(1.5 * MB), status(500), whole);
		const file = fileOf(server, folder);
		const context = contextWith({ retryMaxTimeMs: 300, seed: seedOf(file) });

		await expect(downloadFile(file, context)).rejects.toMatchObject({ code: 'http_500' });

		expect(file.log).toMatchObject({ requests: 2, retries: 1 });
		expect(await filesIn(folder)).toEqual(['.flagdl/*.part']);
	});
});

describe('a file that its response names', () => {
	const disposition = { 'content-disposition': 'attachment; filename="named.bin"' };
	const naming = (folder: string) => ({ naming: { directory: folder, extension: '.bin' } });

	it('has that name in the result, and its part is completed under it', async ({
		server,
		folder,
	}) => {
		answerInTurn(server, cutAfter(2 * MB, disposition), cutAfter(CONTENT.length, disposition));

		const fetched = await downloadFile(fileOf(server, folder, naming(folder)), contextWith());

		expect(fetched).toMatchObject({ status: 'ok', dest: join(folder, 'named.bin') });
		expect(ranges(server)).toEqual([undefined, `bytes=${2 * MB}-`]);
		expect(await filesIn(folder)).toEqual(['named.bin']);
	});

	it('is asked for in full while its name is unknown, whatever part is there', async ({
		server,
		folder,
	}) => {
		answerInTurn(server, cutAfter(2 * MB), cutAfter(CONTENT.length, disposition));
		const context = contextWith({ retries: 0 });
		const plain = downloadFile(fileOf(server, folder), context);
		await expect(plain).rejects.toMatchObject({ code: 'truncated' });

		await downloadFile(fileOf(server, folder, naming(folder)), context);

		expect(ranges(server)).toEqual([undefined, undefined]);
	});

	it('keeps its name if that comes from metadata', async ({ server, folder }) => {
		server.answer('/a.bin', answering(CONTENT, disposition));
		const named = { naming: { ...naming(folder).naming, metadataUrl: `${server.url}/a.json` } };

		const fetched = await downloadFile(fileOf(server, folder, named), contextWith());

		expect(fetched).not.toHaveProperty('dest');
		expect(await filesIn(folder)).toEqual(['a.bin']);
	});
});

it('a file that cannot be saved fails its last attempt, which was answered', async ({
	server,
	folder,
}) => {
	const file = fileOf(server, folder, { url: `${server.url}/br.gif` });
	await mkdir(file.dest);
	await writeFile(join(file.dest, 'in the way'), '');

	const failed = expect(downloadFile(file, contextWith())).rejects;

	await failed.toMatchObject({ code: expect.stringMatching(/^E[A-Z]+$/) as string });
	const [attempt] = file.log.attempts ?? [];
	expect(attempt).toMatchObject({
		status: 200,
		code: expect.stringMatching(/^E[A-Z]+$/) as string,
	});
});

describe('progress', () => {
	function watched(options: Partial<DownloadOptions> = {}): [DownloadContext, () => string[]] {
		const all = { ...DEFAULT_OPTIONS, ...options };
		let slowest: Slowest = () => [];
		const context = openContext({
			...{ options: all, concurrency: 1, limiter: new RunLimiter(all), names: createNames() },
			signal: new AbortController().signal,
			watch: (given) => {
				slowest = given;
			},
		});
		onTestFinished(async () => await closeContext(context, false));
		// Requests in flight count as slow a minute later.
		return [
			context,
			() => (context.activity?.slowest(nowMs() + 60_000) ?? slowest()).map(({ id }) => id),
		];
	}

	it('of a file is shown until it is saved', async ({ server, folder }) => {
		const [context, shown] = watched();
		server.hold('/br.gif');
		const saved = downloadFile(fileOf(server, folder, { url: `${server.url}/br.gif` }), context);
		await server.arrivals(1);
		expect(shown()).toEqual(['a']);

		server.release();
		expect(await saved).toMatchObject({ status: 'ok', bytes: GIF.length });

		expect(shown()).toEqual([]);
	});

	it('of a file is shown no longer once it has failed', async ({ server, folder }) => {
		const [context, shown] = watched({ retries: 0 });
		answerInTurn(server, status(404));

		const failed = downloadFile(fileOf(server, folder), context);

		await expect(failed).rejects.toMatchObject({ code: 'http_404' });
		expect(shown()).toEqual([]);
	});
});
