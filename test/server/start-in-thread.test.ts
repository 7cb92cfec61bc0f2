import { expect, it } from 'vitest';
import { startServerInThread } from '../../src/server/start-in-thread.ts';
import { httpRequest } from './http-request.ts';

it('serves from a thread until it is stopped', async () => {
	const server = await startServerInThread();
	const { status } = await httpRequest(`${server.url}/flags/br/br.gif`);
	await server.stop();

	expect(status).toBe(200);
	await expect(httpRequest(`${server.url}/healthz`)).rejects.toMatchObject({
		code: 'ECONNREFUSED',
	});
});

it('says why it cannot start', async () => {
	const server = await startServerInThread();
	const port = Number(new URL(server.url).port);

	await expect(startServerInThread({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
	await server.stop();
});
