import { expect, it } from 'vitest';
import type { FlagServer } from '../../src/server/start-flag-server.ts';
import { BR, BR_PATH, readLog, startFaulty } from './faulty-server.ts';
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

it('does not wait for idle connections', async () => {
	const server = await startFaulty([]);
	const socket = rawConnect(server.url);
	socket.write(get(BR_PATH));
	await readUntil(socket, (text) => split({ text }).body.length === BR.length);

	const startMs = performance.now();
	await server.close();
	expect(performance.now() - startMs).toBeLessThan(1_000);
});

it.each([
	['says nothing', ''],
	['has sent half a header', 'GET /flags/br/br.gif HTTP/1.1\r\nHos'],
])('does not wait for a connection that %s', async (_what, text) => {
	const server = await startFaulty([]);
	const socket = rawConnect(server.url);
	socket.on('error', () => {});
	socket.write(text);
	// It has been accepted when a later one has been answered.
	await httpRequest(`${server.url}/healthz`);

	const startMs = performance.now();
	await server.close();
	expect(performance.now() - startMs).toBeLessThan(2_000);
	socket.destroy();
});

it('does not wait for those that it stalls', async () => {
	const server = await startFaulty({ type: 'stall' });
	const socket = rawConnect(server.url);
	socket.write(get(BR_PATH));
	await taken(server, 1);

	const startMs = performance.now();
	await server.close();
	expect(performance.now() - startMs).toBeLessThan(1_000);
	socket.destroy();
});
