import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { CLOSE_TIMEOUT_MS, type FlagServer } from '../../src/server/start-flag-server.ts';
import { BR, BR_PATH, readLog, startFaulty } from './faults/faulty-server.ts';
import { httpRequest } from './http-request.ts';
import { get, rawConnect, readAll, readUntil, split } from './raw-socket.ts';

async function taken(server: FlagServer, requests: number): Promise<void> {
	while ((await readLog(server)).summary.requests < requests) {}
}

it('answers what it has accepted, and then ends', async () => {
	const server = await startFaulty([], { document: { latency: '150ms' } });
	const socket = rawConnect(server.url);
	socket.write(get(BR_PATH));
	await taken(server, 1);

	const closed = server.close();
	const answer = await readAll(socket, 5_000);
	await closed;

	expect(split(answer).body.equals(BR)).toBe(true);
	expect(answer.ending).toBe('fin');
	await expect(httpRequest(server.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it('answers a request that has arrived and is not read yet', async () => {
	const server = await startFaulty([]);
	const socket = rawConnect(server.url);
	await once(socket, 'connect');
	socket.write(get(BR_PATH));
	const answer = readAll(socket, 5_000);
	await server.close();

	expect(split(await answer).body.equals(BR)).toBe(true);
});

it('answers each of the requests of a pipeline, and announces the end with the last', async () => {
	const server = await startFaulty([], { document: { latency: '150ms' } });
	const socket = rawConnect(server.url);
	socket.write(get(BR_PATH).repeat(3));
	await taken(server, 3);

	const closed = server.close();
	const { text, ending } = await readAll(socket, 5_000);
	await closed;

	expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
	expect(text.match(/^connection: close/gim)).toHaveLength(1);
	expect(text.length - text.lastIndexOf('\r\n\r\n') - 4).toBe(BR.length);
	expect(ending).toBe('fin');
});

it('ends a connection with the body that was on its way, though its head promised to keep it', async () => {
	const server = await startFaulty([], {
		document: { limits: { bandwidth: '8kB/s' } },
	});
	const socket = rawConnect(server.url);
	socket.write(get(BR_PATH));
	await readUntil(socket, (text) => text.includes('\r\n\r\nGIF'));

	const startMs = performance.now();
	const closed = server.close();
	const { ending } = await readAll(socket, 20_000);
	await closed;

	expect(ending).toBe('fin');
	expect(performance.now() - startMs).toBeLessThan(CLOSE_TIMEOUT_MS);
});

it('does not wait for a client that leaves its answers unread', async () => {
	const server = await startFaulty([]);
	const socket = rawConnect(server.url);
	socket.on('error', () => {});
	socket.pause();
	socket.write(get(BR_PATH).repeat(20_000));
	let requests = -1;
	for (let now = 0; now > requests || now === 0; now = (await readLog(server)).summary.requests) {
		requests = now;
		await sleep(100);
	}

	const startMs = performance.now();
	await server.close();
	expect(performance.now() - startMs).toBeLessThan(CLOSE_TIMEOUT_MS);
	socket.destroy();
});

it('does not wait for idle connections', async () => {
	const server = await startFaulty([]);
	const socket = rawConnect(server.url);
	socket.write(get(BR_PATH));
	await readUntil(socket, (text) => split({ text }).body.length === BR.length);

	const startMs = performance.now();
	await server.close();
	expect(performance.now() - startMs).toBeLessThan(CLOSE_TIMEOUT_MS);
});

it.each([
	['says nothing', ''],
	['has sent half a header', 'GET /flags/br/br.gif HTTP/1.1\r\nHos'],
])('does not wait for a connection that %s', async (_what, text) => {
	const server = await startFaulty([]);
	const socket = rawConnect(server.url);
	socket.on('error', () => {});
	socket.write(text);
	// A response to a later connection shows that this one was accepted.
	await httpRequest(`${server.url}/healthz`);

	const startMs = performance.now();
	await server.close();
	expect(performance.now() - startMs).toBeLessThan(CLOSE_TIMEOUT_MS);
	socket.destroy();
});

it('does not wait for those that it stalls', async () => {
	const server = await startFaulty({ type: 'stall' });
	const socket = rawConnect(server.url);
	socket.write(get(BR_PATH));
	await taken(server, 1);

	const startMs = performance.now();
	await server.close();
	expect(performance.now() - startMs).toBeLessThan(CLOSE_TIMEOUT_MS);
	socket.destroy();
});

it('does not wait for those that it would stall later', async () => {
	const server = await startFaulty({ type: 'stall' }, { document: { latency: '100ms' } });
	const socket = rawConnect(server.url);
	socket.write(get(BR_PATH));
	await taken(server, 1);

	const startMs = performance.now();
	await server.close();
	expect(performance.now() - startMs).toBeLessThan(CLOSE_TIMEOUT_MS);
	socket.destroy();
});

it('may be closed twice', async () => {
	const server = await startFaulty([]);
	await Promise.all([server.close(), server.close()]);
	await server.close();
});
