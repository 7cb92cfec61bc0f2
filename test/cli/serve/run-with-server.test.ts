import { PassThrough } from 'node:stream';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Interrupted } from '../../../src/cli/exit-code.ts';
import { runWithServer } from '../../../src/cli/serve/run-with-server.ts';
import { startHoldServer } from '../../helpers/hold-server.ts';

it('kills a command that a signal does not end', async () => {
	const server = await startHoldServer();
	vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
	onTestFinished(async () => {
		vi.useRealTimers();
		await server.close();
	});
	const interrupt = new AbortController();
	const script = `
		process.on('SIGTERM', () => fetch(process.env.FLAGDL_BASE_URL + '/asked'));
		setInterval(() => {}, 1000);
		fetch(process.env.FLAGDL_BASE_URL + '/begun');`;
	const ended = runWithServer([process.execPath, '-e', script], server.url, {
		env: process.env,
		cwd: process.cwd(),
		stdin: new PassThrough(),
		interrupted: interrupt.signal,
	});
	await server.arrivals(1);

	interrupt.abort(new Interrupted('SIGTERM'));
	await server.arrivals(2);
	vi.advanceTimersByTime(8_000);

	expect(await ended).toBe(137);
	expect(server.requests.map(({ url }) => url)).toEqual(['/begun', '/asked']);
});
