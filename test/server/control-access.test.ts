import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFlagServer } from '../../src/server/start-flag-server.ts';

async function start() {
	const server = await startFlagServer({ allowHosts: ['flags.test'] });
	onTestFinished(async () => await server.close());
	return server;
}

/** The status of the answer to a request with these lines. */
async function statusOf(port: number, target: string, lines: readonly string[], method = 'GET') {
	const socket = connect(port, '127.0.0.1');
	socket.write(
		[`${method} ${target} HTTP/1.1`, ...lines, 'Connection: close', '', ''].join('\r\n'),
	);
	const [data] = (await once(socket, 'data')) as [Buffer];
	socket.destroy();
	return Number(data.toString('latin1').split(' ')[1]);
}

describe('the control routes', () => {
	it.each([
		['an IP address', ['Host: 127.0.0.1:PORT'], 200],
		['an IPv6 address', ['Host: [::1]:PORT'], 200],
		['localhost', ['Host: LOCALHOST:PORT'], 200],
		['a name without a dot', ['Host: flags:PORT'], 200],
		['a name that is allowed', ['Host: Flags.Test:PORT'], 200],
		['its own page', ['Host: localhost:PORT', 'Origin: http://localhost:PORT'], 200],
		['its own page', ['Host: localhost:PORT', 'Sec-Fetch-Site: same-origin'], 200],
		['a name with a dot', ['Host: evil.example:PORT'], 403],
		['a name with a dot at its end', ['Host: evil.example.:PORT'], 403],
		['a name that only begins as one', ['Host: 127.0.0.1.evil.example'], 403],
		['another origin', ['Host: localhost:PORT', 'Origin: http://evil.example'], 403],
		['another port', ['Host: localhost:PORT', 'Origin: http://localhost:1'], 403],
		['no origin to name', ['Host: localhost:PORT', 'Origin: null'], 403],
		['another site', ['Host: localhost:PORT', 'Sec-Fetch-Site: cross-site'], 403],
	])('answer to a request with %s: %j with %i', async (_what, lines, status) => {
		const { port } = await start();
		const filled = lines.map((line) => line.replace('PORT', String(port)));

		expect(await statusOf(port, '/__flagdl/log', filled)).toBe(status);
		const reset = await statusOf(port, '/__flagdl/reset', filled, 'POST');
		expect(reset).toBe(status === 200 ? 204 : 403);
		// Flags are for all.
		expect(await statusOf(port, '/flags/br/br.gif', filled)).toBe(200);
	});

	it('look at the name in the target, too', async () => {
		const { port } = await start();
		const target = 'http://evil.example/__flagdl/log';

		expect(await statusOf(port, target, [`Host: 127.0.0.1:${port}`])).toBe(403);
	});
});
