import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { SlidingWindow } from '../../../src/server/files/scenario-requests.ts';
import type { FlagServer } from '../../../src/server/start-flag-server.ts';
import { BR_PATH, readLog, startFaulty } from '../faults/faulty-server.ts';
import { httpRequest } from '../http-request.ts';
import { get, rawConnect, rawRequest, readUntil } from '../raw-socket.ts';

let server: FlagServer | undefined;

afterEach(async () => {
	await server?.close();
	server = undefined;
});

it('lets no more in within any window, wherever it begins', () => {
	const window = new SlidingWindow(3, 1000);
	const letIn: number[] = [];
	for (let ms = 0; ms < 10_000; ms += 7) {
		if (window.tryAcquire(ms)) {
			letIn.push(ms);
		}
	}

	for (const from of letIn) {
		expect(letIn.filter((ms) => ms >= from && ms < from + 1000).length).toBeLessThanOrEqual(3);
	}
	expect(letIn.length).toBeGreaterThanOrEqual(28);
});

it('refuses beyond the rate with 429, and does not count it as an attempt', async () => {
	const limits = { rateLimit: { requests: 2, window: '10m', retryAfter: '1s' } };
	server = await startFaulty([], { document: { limits } });
	const ask = async () => await httpRequest(String(server?.url) + BR_PATH);
	const [first, second, third] = [await ask(), await ask(), await ask()];

	expect([first.status, second.status, third.status]).toEqual([200, 200, 429]);
	expect(third.headers['retry-after']).toBe('1');
	expect((await httpRequest(`${server.url}/healthz`)).status).toBe(200);
	const { requests } = await readLog(server);
	expect(requests.map(({ attempt, outcome }) => [attempt, outcome]).slice(0, 3)).toEqual([
		[1, 'answered'],
		[2, 'answered'],
		[undefined, 'refused'],
	]);
});

it('refuses more requests in flight with 503', async () => {
	const document = {
		limits: { maxInFlight: 2 },
		rules: [{ id: 'hold', match: { codes: ['br', 'jp'] }, then: { type: 'stall' } }],
	};
	server = await startFaulty([], { document });
	const held = [rawConnect(server.url), rawConnect(server.url)];
	held[0]?.write(get(BR_PATH));
	held[1]?.write(get('/flags/jp/jp.gif'));
	while ((await readLog(server)).requests.length < 2) {}

	const refused = await httpRequest(`${server.url}/flags/in/in.gif`);
	expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);

	held[0]?.destroy();
	while ((await readLog(server)).requests[0]?.outcome === 'open') {}
	while ((await httpRequest(`${server.url}/flags/in/in.gif`)).status !== 200) {}
	for (const socket of held) {
		socket.destroy();
	}
});

it('resets more connections than are allowed, and takes others when there is room', async () => {
	server = await startFaulty([], { document: { limits: { maxConnections: 1 } } });
	const first = rawConnect(server.url);
	first.write(get('/healthz'));
	await readUntil(first, (text) => text.includes('"ok"'));

	expect((await rawRequest(server.url, '')).ending).toBe('reset');
	first.end();
	await once(first, 'close');
	for (;;) {
		const { text } = await rawRequest(server.url, get(BR_PATH, 'Connection: close\r\n'));
		if (text.startsWith('HTTP/1.1 200')) {
			break;
		}
	}
});
