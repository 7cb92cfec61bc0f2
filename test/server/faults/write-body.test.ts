import { Agent } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { FlagServer } from '../../../src/server/start-flag-server.ts';
import { callAt } from '../../../src/server/timer.ts';
import { httpRequest } from '../http-request.ts';
import { get, rawConnect, rawRequest, readUntil, split } from '../raw-socket.ts';
import { BR, BR_PATH, readLog, startFaulty } from './faulty-server.ts';

let server: FlagServer;

afterEach(async () => {
	await server.close();
});

function timing(header: string | string[] | undefined): { plan: number; served: number } {
	const found = /^plan;dur=([\d.]+), served;dur=([\d.]+)$/.exec(String(header));
	return { plan: Number(found?.[1]), served: Number(found?.[2]) };
}

describe('latency', () => {
	it('is never served early, and Server-Timing says what was planned and served', async () => {
		server = await startFaulty([], { document: { latency: '12.3ms' } });
		const agent = new Agent({ keepAlive: true, maxSockets: 20 });

		const answers = await Promise.all(
			Array.from({ length: 200 }, async () => {
				const { headers } = await httpRequest(server.url + BR_PATH, { agent });
				return timing(headers['server-timing']);
			}),
		);
		agent.destroy();

		for (const { plan, served } of answers) {
			expect(plan).toBe(12.3);
			expect(served).toBeGreaterThanOrEqual(12.3);
		}
	});

	it('adds the delays of all rules up', async () => {
		const delay = { type: 'delay', time: '20ms' };
		server = await startFaulty([delay, delay], { document: { latency: '5ms' } });
		const { headers } = await httpRequest(server.url + BR_PATH);
		expect(timing(headers['server-timing']).plan).toBe(45);
	});

	it('holds back a fault, too', async () => {
		server = await startFaulty([{ type: 'delay', time: '60ms' }, { type: 'reset' }]);
		const startMs = performance.now();
		const { ending } = await rawRequest(server.url, get(BR_PATH));

		expect(ending).toBe('reset');
		expect(performance.now() - startMs).toBeGreaterThanOrEqual(59.5);
	});

	it('does not delay what is no flag', async () => {
		server = await startFaulty([], { document: { latency: '10m' } });
		expect((await httpRequest(`${server.url}/healthz`)).status).toBe(200);
	});

	it('ends with the client that waits for it', async () => {
		server = await startFaulty([], { document: { latency: '10m' } });
		const socket = rawConnect(server.url);
		socket.write(get(BR_PATH));
		while ((await readLog(server)).requests.length === 0) {}
		socket.destroy();
		while ((await readLog(server)).requests[0]?.outcome === 'open') {}

		expect((await readLog(server)).requests[0]?.outcome).toBe('aborted');
	});
});

it('fires a timer when it is due, and not before', async () => {
	server = await startFaulty([]);
	const early = await Promise.all(
		Array.from({ length: 500 }, async (_, index) => {
			const dueMs = performance.now() + 1 + (index % 40) / 7;
			await new Promise<void>((resolve) => {
				callAt(dueMs, resolve);
			});
			return performance.now() < dueMs;
		}),
	);
	expect(early).not.toContain(true);
});

describe('within the body', () => {
	it('pauses after the part that is named', async () => {
		server = await startFaulty({ type: 'delay', time: '500ms', at: { bytes: '100B' } });
		const socket = rawConnect(server.url);
		socket.write(get(BR_PATH, 'Connection: close\r\n'));
		const startMs = performance.now();
		const before = await readUntil(socket, (text) => split({ text }).body.length >= 100);
		const after = await readUntil(socket, (text) => text.length >= BR.length - 100);

		expect(split({ text: before }).body.length).toBe(100);
		expect(after.length).toBe(BR.length - 100);
		expect(performance.now() - startMs).toBeGreaterThanOrEqual(499.5);
	});

	it.each([
		['a rule', [{ type: 'bandwidth', rate: '40kB/s' }], {}],
		['the limit', [], { limits: { bandwidth: '40kB/s' } }],
		['the least', [{ type: 'bandwidth', rate: '1MB/s' }], { limits: { bandwidth: '40kB/s' } }],
	])('has the bandwidth of %s', async (_name, actions, document) => {
		server = await startFaulty(actions, { document });
		const startMs = performance.now();
		const { body } = await httpRequest(server.url + BR_PATH);
		const tookMs = performance.now() - startMs;

		expect(body.equals(BR)).toBe(true);
		expect(tookMs).toBeGreaterThanOrEqual((BR.length / 40_000) * 1000);
	});
});
