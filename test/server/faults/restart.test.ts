import { createConnection } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { Scenario } from '../../../src/scenarios/scenario.ts';
import { startFlagServer } from '../../../src/server/start-flag-server.ts';

const DOWN_MS = 300;
const SCENARIO: Scenario = {
	name: 'restart',
	description: '',
	seed: 1,
	limits: {},
	rules: [
		{
			id: 'restart',
			match: { codes: ['br'] },
			attempts: { from: 1, to: 1 },
			action: { type: 'restart', downMs: DOWN_MS },
		},
		{
			id: 'silence',
			match: { codes: ['cn'] },
			attempts: { from: 1, to: 1 },
			action: { type: 'stall', at: 'after-headers' },
		},
	],
};

async function start() {
	const logged: string[] = [];
	const server = await startFlagServer({
		scenario: SCENARIO,
		log: ({ path, outcome }) => logged.push(`${path} ${outcome}`),
	});
	onTestFinished(async () => await server.close());
	return { server, logged };
}

it('breaks what is in flight, listens to nothing, and is back under the same address', async () => {
	const { server, logged } = await start();
	const other = await fetch(`${server.url}/flags/cn/cn.gif`);
	const broken = other.arrayBuffer().catch((error: unknown) => error);

	await expect(fetch(`${server.url}/flags/br/br.gif`)).rejects.toThrow('fetch failed');

	expect(await broken).toBeInstanceOf(Error);
	const socket = createConnection(server.port, '127.0.0.1');
	const refused = await new Promise((resolve) =>
		socket.once('error', resolve).once('connect', resolve),
	);
	expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
	const again = await vi.waitFor(async () => await fetch(`${server.url}/flags/br/br.gif`), {
		timeout: 20_000,
	});
	expect(again.status).toBe(200);
	await again.arrayBuffer();
	expect(logged.slice(0, 2).sort()).toEqual(['/flags/br/br.gif broken', '/flags/cn/cn.gif broken']);
	await vi.waitFor(() => expect(logged).toContain('/flags/br/br.gif answered'), 20_000);
});

it('can be closed while it is away', async () => {
	const { server } = await start();
	await expect(fetch(`${server.url}/flags/br/br.gif`)).rejects.toThrow('fetch failed');

	await server.close();

	expect(server.summary().connections).toBe(0);
});
