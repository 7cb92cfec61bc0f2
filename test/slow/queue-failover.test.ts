import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readRun, startRun, startWorker } from '../helpers/fleet.ts';
import { startHoldServer } from '../helpers/hold-server.ts';
import { answerNumbered } from '../helpers/numbered-files.ts';
import { skipWithoutRedis, startRedis, type TestRedis } from '../helpers/redis.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

describe.skipIf(skipWithoutRedis())('a run whose Redis refuses for more than a minute', () => {
	let redis: TestRedis;
	beforeEach(async () => {
		redis = await startRedis();
	});
	afterEach(async () => await redis.close());

	// A real Redis says these to everyone, or in a cluster only: a line in front of it does.
	it.each(['UNBLOCKED', 'READONLY', 'LOADING', 'MASTERDOWN', 'TRYAGAIN', 'BUSY'])(
		'ends a run by -%s with exit code 4 and its address, and the same command completes it',
		{ timeout: 120_000 },
		async (code) => {
			const cwd = await temporaryFolder();
			const server = await startHoldServer();
			server.answer(undefined, answerNumbered);
			onTestFinished(async () => await server.close());
			const proxy = await startRefusingProxy(redis.port);
			const args = ['--shard-size', '5', '--run-id', 'r'];
			// At a signal, the minute that it waits goes by in ten seconds: slower than refusals follow each other.
			const clock = `const real = performance.now.bind(performance);
let aheadMs = 0;
performance.now = () => real() + aheadMs;
process.on('SIGUSR2', () => setInterval(() => { aheadMs += 50; }, 10).unref());`;
			server.hold('/8.gif');
			await startWorker({ redis, cwd }, ['-c', '4']);
			const run = startRun({ redis: { ...redis, url: proxy.url }, cwd }, 30, server.url, args, {
				NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(clock)}`,
			});
			await server.arrivals(20);
			proxy.refuse(`-${code} not now`);
			run.child.kill('SIGUSR2');

			const ran = await run.ended;
			expect(ran.code, ran.stderr.slice(-1500)).toBe(4);
			expect(ran.stderr).toMatch(
				new RegExp(`cannot go on without Redis at ${proxy.url}: ${code} .*--run-id r to go on`),
			);

			proxy.refuse(undefined);
			server.release();
			const again = startRun({ redis: { ...redis, url: proxy.url }, cwd }, 30, server.url, args);
			expect(readRun(await again.ended, 30).end).toMatchObject({ exitCode: 0, totals: { ok: 30 } });
		},
	);
});

/** In front of Redis: while it refuses, each command but those of a connection that begins is answered by one line. */
async function startRefusingProxy(port: number) {
	let refusal: string | undefined;
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		const redis = connect(port, '127.0.0.1');
		for (const one of [socket, redis]) {
			sockets.add(one);
			one.on('error', () => {});
			one.on('close', () => {
				socket.destroy();
				redis.destroy();
			});
		}
		redis.pipe(socket);
		socket.on('data', (chunk) => {
			if (refusal === undefined || /\r\n(info|client|hello|select)\r\n/i.test(String(chunk))) {
				redis.write(chunk);
				return;
			}
			for (const _ of String(chunk).match(/(?:^|\r\n)\*\d+\r\n/g) ?? []) {
				socket.write(`${refusal}\r\n`);
			}
		});
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => {
		for (const socket of sockets) {
			socket.destroy();
		}
		server.close();
	});
	const { port: own } = server.address() as { readonly port: number };
	return {
		url: `redis://127.0.0.1:${own}`,
		refuse: (line: string | undefined) => {
			refusal = line;
		},
	};
}
