import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, vi } from 'vitest';
import type { Connection } from '../../src/download/connection/connection-pool.ts';
import {
	closeContext,
	createNames,
	type DownloadContext,
	openContext,
} from '../../src/download/context.ts';
import type { Exchange } from '../../src/download/http/exchange.ts';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../src/download/options.ts';
import { RunLimiter } from '../../src/download/origin/run-limiter.ts';
import { nowMs } from '../../src/download/outcome.ts';
import {
	type InFlight,
	slowestOf,
	TargetProgress,
	type Wait,
} from '../../src/download/progress.ts';
import type { Target } from '../../src/targets/target.ts';
import { contextWith, download } from '../helpers/download.ts';
import { it } from '../helpers/fixtures.ts';
import { GIF, type HoldServer } from '../helpers/hold-server.ts';

/** Short intervals, since jitter may end a back-off at once. */
const WAITING = { interval: 5, timeout: 10_000 };

interface Watched extends DownloadContext {
	readonly controller: AbortController;
}

function watched(options: Partial<DownloadOptions> = {}, concurrency = 4): Watched {
	const all = { ...DEFAULT_OPTIONS, seed: 3, ...options };
	const controller = new AbortController();
	const context = openContext({
		options: all,
		concurrency,
		limiter: new RunLimiter(all),
		names: createNames(),
		signal: controller.signal,
		watch: () => {},
	});
	onTestFinished(async () => await closeContext(context, false));
	return { ...context, controller };
}

function stop({ controller }: Watched): void {
	controller.abort(new Error('enough'));
}

function targetOf(server: HoldServer, folder: string, path: string, index = 0): Target {
	const url = `${server.url}${path}`;
	return { id: path, index, url, dest: join(folder, path.slice(1)) };
}

/** The slowest targets, as if ten seconds had passed. */
function later(context: DownloadContext): readonly InFlight[] {
	return context.activity?.slowest(nowMs() + 10_000) ?? [];
}

async function waitFor<K extends Wait['kind']>(
	context: DownloadContext,
	kind: K,
): Promise<Extract<Wait, { kind: K }>> {
	const isIt = (wait: Wait | undefined): wait is Extract<Wait, { kind: K }> => wait?.kind === kind;
	return await vi.waitFor(() => {
		const wait = later(context)[0]?.wait;
		if (!isIt(wait)) {
			throw new Error(`it waits for ${wait?.kind ?? 'nothing'}, not for ${kind}`);
		}
		return wait;
	}, WAITING);
}

describe('the progress of a target', () => {
	const target: Target = { id: 'x', index: 7, url: 'http://h/x', dest: '/x' };
	const connection = {} as Connection;

	it.each<[exchange: Partial<Exchange>, wait: Wait]>([
		[{}, { kind: 'connection', sinceMs: 5 }],
		[{ connection }, { kind: 'answer', sinceMs: 5 }],
		[
			{ connection, headersMs: 10, bytes: 0 },
			{ kind: 'body', bytes: 0, lastByteMs: 10 },
		],
		[
			{ connection, headersMs: 10, bytes: 3 },
			{ kind: 'body', bytes: 3, lastByteMs: 99 },
		],
		[
			{ connection, headersMs: 10, bodyMs: 20, bytes: 3 },
			{ kind: 'disk', bytes: 3 },
		],
	])('says by its exchange what it waits for: %j', (exchange, wait) => {
		const progress = new TargetProgress(target);
		progress.waitsForResponse(exchange as Exchange, 5);

		const { dest: _, ...known } = target;
		expect(progress.snapshot(99)).toEqual({ ...known, startMs: 5, wait });
	});

	it('is as old as its last byte, and each request has its own', () => {
		const progress = new TargetProgress(target);
		const body: Partial<Exchange> = { connection, headersMs: 10, bytes: 3 };
		const lastByteMs = (atMs: number) => {
			const wait = progress.snapshot(atMs)?.wait;
			return wait?.kind === 'body' ? wait.lastByteMs : undefined;
		};

		progress.waitsForResponse(body as Exchange, 5);
		expect([lastByteMs(50), lastByteMs(60)]).toEqual([50, 50]);
		progress.waitsForResponse(body as Exchange, 70);
		expect([lastByteMs(80), lastByteMs(90)]).toEqual([80, 80]);
		expect(progress.snapshot(90)?.startMs).toBe(5);
	});

	it('is none while it waits for a slot, and begins with its origin', () => {
		const progress = new TargetProgress(target);
		const beforeMs = nowMs();
		expect(progress.snapshot(0)).toBeUndefined();

		progress.waitsForOrigin('http://h');
		expect(progress.snapshot(0)?.wait).toEqual({ kind: 'origin', origin: 'http://h' });
		expect(progress.snapshot(0)?.startMs).toBeGreaterThanOrEqual(beforeMs);
		progress.waitsForSlot();
		expect(progress.snapshot(0)).toBeUndefined();
		progress.backsOff(1000, 'http_503');
		expect(progress.snapshot(0)?.wait).toMatchObject({ kind: 'back_off', code: 'http_503' });
	});
});

describe('an open download says what it waits for:', () => {
	it('the answer, then the body, and nothing once it has ended', async ({ server, folder }) => {
		const context = watched();
		const sentMs = nowMs();
		let end = () => {};
		server.hold('/a.gif');
		server.answer('/a.gif', (_request, response) => {
			response.writeHead(200, { 'content-type': 'image/gif', 'content-length': GIF.length });
			response.write(GIF.subarray(0, 6));
			end = () => response.end(GIF.subarray(6));
		});
		const outcome = download(targetOf(server, folder, '/a.gif'), context);

		const answer = await waitFor(context, 'answer');
		expect(answer.sinceMs).toBeGreaterThanOrEqual(sentMs);
		expect(answer.sinceMs).toBeLessThanOrEqual(nowMs());
		expect(context.activity?.slowest()).toEqual([]);

		server.release();
		const body = await waitFor(context, 'body');
		expect(body.bytes).toBe(6);
		// Nothing more has arrived, so the last byte is as old as before.
		expect(await waitFor(context, 'body')).toEqual(body);

		end();
		expect((await outcome).status).toBe('ok');
		expect(later(context)).toEqual([]);
	});

	it('a connection', async ({ server, folder }) => {
		const silent = createServer().listen(0, '127.0.0.1');
		await once(silent, 'listening');
		onTestFinished(() => void silent.close());
		const context = watched();
		const { port } = silent.address() as AddressInfo;
		const url = `https://127.0.0.1:${port}/a.gif`;
		const outcome = download({ ...targetOf(server, folder, '/a.gif'), url }, context);

		await waitFor(context, 'connection');

		stop(context);
		expect((await outcome).status).toBe('cancelled');
	});

	it('the next try, and why there has to be one', async ({ server, folder }) => {
		const context = watched();
		server.answer(undefined, (_request, response) => response.writeHead(500).end());
		const beforeMs = nowMs();
		const outcome = download(targetOf(server, folder, '/a.gif'), context);

		const backOff = await waitFor(context, 'back_off');

		expect(backOff.code).toBe('http_500');
		expect(backOff.untilMs).toBeGreaterThan(beforeMs);
		stop(context);
		expect((await outcome).status).toBe('cancelled');
		expect(later(context)).toEqual([]);
	});

	it('its origin, until when that has asked to be left alone', async ({ server, folder }) => {
		const context = watched();
		server.answer(undefined, (_request, response) => {
			response.writeHead(503, { 'retry-after': '30' }).end();
		});
		const outcome = download(targetOf(server, folder, '/a.gif'), context);

		const { throttle, origin } = await waitFor(context, 'origin');

		expect(origin).toBe(server.url);
		const untilMs = throttle?.kind === 'retry_after' ? throttle.untilMs : 0;
		expect(untilMs - nowMs()).toBeGreaterThan(25_000);
		expect(untilMs - nowMs()).toBeLessThan(30_000);
		stop(context);
		await outcome;
	});

	it('not a slot: what has it is what takes long', async ({ server, folder }) => {
		const context = watched({}, 1);
		server.hold();
		const outcomes = ['/a.gif', '/b.gif'].map((path, index) =>
			download(targetOf(server, folder, path, index), context),
		);

		await waitFor(context, 'answer');
		expect(later(context).map(({ id }) => id)).toEqual(['/a.gif']);

		server.release('/a.gif');
		await server.arrivals(2);
		await waitFor(context, 'answer');
		expect(later(context).map(({ id }) => id)).toEqual(['/b.gif']);
		server.release();
		await Promise.all(outcomes);
	});

	it('nothing at all where nothing watches', () => {
		expect(contextWith().activity).toBeUndefined();
	});
});

function inFlight(index: number, ageMs: number, wait: Wait): InFlight {
	return { id: String(index), url: `http://h/${index}`, index, startMs: nowMs() - ageMs, wait };
}

describe('the slowest', () => {
	const limiter = new RunLimiter({ rate: { requests: 1, windowMs: 1000 } });
	const answer: Wait = { kind: 'answer', sinceMs: 0 };

	it('are three at most, the slowest first, and none of less than two seconds', () => {
		const seen = [1000, 3000, 6000, 4000, 5000].map((ageMs, index) =>
			inFlight(index, ageMs, answer),
		);

		expect(slowestOf(seen, limiter).map(({ index }) => index)).toEqual([2, 4, 3]);
	});

	it('name a target once, and of its mirrors the one that delivers', () => {
		const body: Wait = { kind: 'body', bytes: 5, lastByteMs: 1 };
		const seen = [inFlight(7, 2500, body), inFlight(7, 3000, answer), inFlight(8, 2900, answer)];

		expect(slowestOf(seen, limiter)).toMatchObject([
			{ index: 7, wait: body },
			{ index: 8, wait: answer },
		]);
	});

	it('say why the limiter makes them wait', () => {
		const [slow] = slowestOf([inFlight(0, 3000, { kind: 'origin', origin: 'http://h' })], limiter);

		expect(slow?.wait).toEqual({
			kind: 'origin',
			origin: 'http://h',
			throttle: { kind: 'rate_limit' },
		});
	});
});
