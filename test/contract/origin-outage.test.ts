import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS, type DownloadOptions } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import type { Target } from '../../src/targets/target.ts';
import { collect } from '../helpers/collect.ts';
import { answerGif } from '../helpers/hold-server.ts';
import { strategies } from '../helpers/strategies.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { onTestFinished } from '../helpers/this-test.ts';
import { expectWithin } from '../helpers/within.ts';

interface Origin {
	readonly url: string;
	requests: number;
	start(): Promise<void>;
	stop(): Promise<void>;
}

/** A server that can stop and restart on the same port; each response takes some milliseconds. */
async function startOrigin(): Promise<Origin> {
	let server: Server;
	let port = 0;
	const origin: Origin = {
		get url() {
			return `http://127.0.0.1:${port}`;
		},
		requests: 0,
		async start() {
			server = createServer((request, response) => {
				origin.requests += 1;
				setTimeout(() => answerGif(request, response), 5);
			}).listen(port, '127.0.0.1');
			await once(server, 'listening');
			port = (server.address() as AddressInfo).port;
		},
		async stop() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
	await origin.start();
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	return origin;
}

interface Given {
	readonly options?: Partial<DownloadOptions>;
	readonly concurrency?: number;
	/** Called when this number of outcomes is reported. */
	readonly after?: readonly [outcomes: number, call: () => Promise<void>];
}

async function run(
	name: 'async' | 'threads' | 'sequential',
	targets: readonly Target[],
	{ options = {}, concurrency = 8, after }: Given = {},
): Promise<Outcome[]> {
	const outcomes: Outcome[] = [];
	const called: Promise<void>[] = [];
	const context = {
		options: { ...DEFAULT_OPTIONS, seed: 3, ...options },
		concurrency,
		threads: 2,
		signal: new AbortController().signal,
	};
	for await (const outcome of strategies[name](targets, context)) {
		outcomes.push(outcome);
		if (outcomes.length === after?.[0]) {
			called.push(after[1]());
		}
	}
	await Promise.all(called);
	return outcomes;
}

async function targetsOf(
	url: string,
	count: number,
	more: Partial<Target> = {},
): Promise<Target[]> {
	const folder = await temporaryFolder();
	return Array.from({ length: count }, (_, index) => ({
		id: String(index),
		index,
		url: `${url}/${index}.gif`,
		dest: join(folder, `${index}.gif`),
		...more,
	}));
}

const codesOf = (outcomes: readonly Outcome[]) =>
	[...new Set(outcomes.map(({ status, failure }) => failure?.code ?? status))].sort();

const CELLS = [
	['sequential', 1],
	['async', 1],
	['async', 8],
	['async', 32],
	['threads', 8],
	['threads', 32],
] as const;

describe.concurrent.each(CELLS)(
	'an origin that goes away and comes back, by %s with %i slots',
	(name, slots) => {
		it('costs no file in 1.5 s with the default options', async () => {
			const origin = await startOrigin();
			const targets = await targetsOf(origin.url, 120);
			const leave = async () => {
				await origin.stop();
				await sleep(1500);
				await origin.start();
			};

			const outcomes = await run(name, targets, { concurrency: slots, after: [40, leave] });

			expect(codesOf(outcomes)).toEqual(['ok']);
			expect(outcomes).toHaveLength(120);
			// Requests in flight broke and were sent again: one retry each, and waiting is none.
			expect(Math.max(...outcomes.map(({ retries }) => retries))).toBeLessThanOrEqual(1);
		});
	},
);

describe.concurrent.each(['async', 'threads', 'sequential'] as const)(
	'an origin out of reach, by %s',
	(name) => {
		it('costs no file in 5 s with --retry 8', async () => {
			const origin = await startOrigin();
			const targets = await targetsOf(origin.url, 60);
			const leave = async () => {
				await origin.stop();
				await sleep(5000);
				await origin.start();
			};

			const outcomes = await run(name, targets, { options: { retries: 8 }, after: [20, leave] });

			expect(codesOf(outcomes)).toEqual(['ok']);
		});

		it('is given up for all its targets at once, after some probes', async () => {
			const origin = await startOrigin();
			const targets = await targetsOf(origin.url, 400);
			const startMs = performance.now();

			const outcomes = await run(name, targets, {
				options: { retries: 2 },
				after: [100, async () => await origin.stop()],
			});

			expect(outcomes).toHaveLength(400);
			expect(codesOf(outcomes)).toEqual(['ok', 'origin_down']);
			const requests = outcomes.reduce((sum, outcome) => sum + outcome.requests, 0);
			// Without the limiter, it would be three for each of 300.
			expect(requests).toBeLessThan(200);
			expect(performance.now() - startMs).toBeGreaterThanOrEqual(1500);
		});

		it('that was never reached fails the only target after its own retries', async () => {
			const origin = await startOrigin();
			const targets = await targetsOf(origin.url, 1);
			await origin.stop();

			const [outcome] = await run(name, targets, { options: { retries: 2 } });

			expect(outcome).toMatchObject({ status: 'error', retries: 2 });
			expect(outcome?.failure?.code).toBe('ECONNREFUSED');
		});

		it('fails each target by itself with --retry 0', async () => {
			const origin = await startOrigin();
			const targets = await targetsOf(origin.url, 10);
			await origin.stop();

			const outcomes = await run(name, targets, { options: { retries: 0 } });

			expect(codesOf(outcomes)).toEqual(['ECONNREFUSED']);
		});

		it('has its mirrors asked meanwhile', async () => {
			const [origin, mirror] = [await startOrigin(), await startOrigin()];
			const targets = (await targetsOf(origin.url, 40)).map((target) => ({
				...target,
				mirrors: [`${mirror.url}/${target.index}.gif`],
			}));
			await origin.stop();
			const startMs = performance.now();

			const outcomes = await run(name, targets, { options: { retries: 8 } });

			expect(codesOf(outcomes)).toEqual(['ok']);
			expect(mirror.requests).toBe(40);
			// A target that waited for the origin, or for the head start of its first URL, would take a second.
			expectWithin(20_000, startMs);
		});
	},
);

it.concurrent('collects nothing of an origin that is given up before it is asked', async () => {
	const origin = await startOrigin();
	await origin.stop();
	const targets = await targetsOf(origin.url, 500);

	const outcomes = await collect(
		strategies.async(targets, {
			options: { ...DEFAULT_OPTIONS, retries: 1 },
			concurrency: 16,
			threads: 1,
			signal: new AbortController().signal,
		}),
	);

	expect(outcomes.filter(({ requests }) => requests === 0).length).toBeGreaterThan(450);
});
