import { describe, expect, it, onTestFinished } from 'vitest';
import { type FlagServer, startFlagServer } from '../../src/server/start-flag-server.ts';
import { hasChromium, startRoom } from './browse/chromium.ts';
import { BR_PATH, readLog } from './faults/faulty-server.ts';
import { httpRequest } from './http-request.ts';
import { rawRequest } from './raw-socket.ts';

async function start(): Promise<FlagServer> {
	const server = await startFlagServer({ allowHosts: ['Flags.Test'] });
	onTestFinished(async () => await server.close());
	return server;
}

/** The response to a request with these lines, in which PORT stands for the server's port. */
async function ask(
	{ url, port }: FlagServer,
	request: string,
	lines: readonly string[],
): Promise<string> {
	const all = [request, ...lines, 'Connection: close', '', ''].join('\r\n');
	return (await rawRequest(url, all.replaceAll('PORT', String(port)))).text;
}

function statusOf(answer: string): number {
	return Number(answer.split(' ')[1]);
}

const OWN = 'Host: localhost:PORT';

describe('the control routes', () => {
	it.each([
		['an IP address', ['Host: 127.0.0.1:PORT']],
		['an IP address of another machine', ['Host: 192.0.2.7']],
		['an IPv6 address', ['Host: [::1]:PORT']],
		['localhost in any case', ['Host: LocalHost:PORT']],
		['localhost with a dot at its end', ['Host: localhost.:PORT']],
		['a name without a dot', ['Host: flag_server-1:PORT']],
		['a name that is allowed', ['Host: flags.test:PORT']],
		['a name that is allowed, with a dot at its end', ['Host: FLAGS.TEST.']],
		['the same name twice', [OWN, OWN]],
		['its own page', [OWN, 'Origin: http://localhost:PORT']],
		['its own page on the port of http', ['Host: localhost:80', 'Origin: http://localhost']],
		['its own page behind TLS', ['Host: flags.test', 'Origin: https://flags.test']],
		['its own page by an IPv6 address', ['Host: [::1]:PORT', 'Origin: http://[::1]:PORT']],
		['its own page, says the browser', [OWN, 'Sec-Fetch-Site: same-origin']],
		['the address bar, says the browser', [OWN, 'Sec-Fetch-Site: none']],
	])('answer to %s', async (_what, lines) => {
		const server = await start();

		expect(statusOf(await ask(server, 'GET /__flagdl/log HTTP/1.1', lines))).toBe(200);
		expect(statusOf(await ask(server, 'HEAD /__flagdl/log HTTP/1.1', lines))).toBe(200);
		expect(statusOf(await ask(server, 'POST /__flagdl/reset HTTP/1.1', lines))).toBe(204);
	});

	it.each([
		['a name with a dot', ['Host: evil.example:PORT'], 'Host "evil.example:'],
		['a name with a dot at its end too', ['Host: evil.example.:PORT'], 'Host "evil.example.:'],
		['a name that begins as an address', ['Host: 127.0.0.1.evil.example'], 'Host "127.0.0.1.evil'],
		['a name that begins as one allowed', ['Host: flags.test.evil.example'], 'Host "flags.test.e'],
		['a name that ends as one allowed', ['Host: evil-flags.test'], 'Host "evil-flags.test"'],
		['no name', ['Host: :PORT'], 'Host ":'],
		['a name in brackets', ['Host: [evil.example]'], 'Host "[evil.example]"'],
		['a dot that is none in ASCII', ['Host: evil\u00b7example'], 'Host "evil'],
		['a user and a name', ['Host: localhost@evil.example'], 'Host "'],
		['a foreign name behind its own', [OWN, 'Host: evil.example'], 'Host "evil.example"'],
		['a foreign name before its own', ['Host: evil.example', OWN], 'Host "evil.example"'],
		['another origin', [OWN, 'Origin: http://evil.example'], 'Origin "http://evil.example"'],
		['another port', [OWN, 'Origin: http://localhost:1'], 'Origin "http://localhost:1"'],
		['another name', [OWN, 'Origin: http://127.0.0.1:PORT'], 'Origin "http://127.0.0.1:'],
		['no origin to name', [OWN, 'Origin: null'], 'Origin "null"'],
		['a file', [OWN, 'Origin: file://localhost:PORT'], 'Origin "file://localhost:'],
		[
			'another origin beside its own',
			[OWN, 'Origin: http://localhost:PORT', 'Origin: http://evil.example'],
			'Origin "http://evil.example"',
		],
		['another site', [OWN, 'Sec-Fetch-Site: cross-site'], 'pages of other sites'],
		[
			'another site beside its own',
			[OWN, 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: Cross-Site'],
			'pages of other sites',
		],
	])('refuse %s', async (_what, lines, reason) => {
		const server = await start();
		const ways = [
			'GET /__flagdl/log',
			'POST /__flagdl/reset',
			'OPTIONS /__flagdl/reset',
			'GET /__flagdl/',
		];

		for (const way of ways) {
			const answer = await ask(server, `${way} HTTP/1.1`, lines);
			expect(statusOf(answer)).toBe(403);
			expect(answer).toContain(reason);
		}
		expect(statusOf(await ask(server, `GET ${BR_PATH} HTTP/1.1`, lines))).toBe(200);
		expect(statusOf(await ask(server, 'GET /countries HTTP/1.1', lines))).toBe(200);
		// A refused request must reset nothing.
		expect((await readLog(server)).summary.requests).toBe(2);
	});

	it.each([
		['http://evil.example/__flagdl/log', 403],
		['HTTP://evil.example:80/__flagdl/log?x', 403],
		['http://localhost@evil.example/__flagdl/log', 403],
		['http:///__flagdl/log', 403],
		['http://localhost/__flagdl/log', 200],
		['http://[::1]/__flagdl/log', 200],
	])('go by the name in the target %s, too: %i', async (target, status) => {
		const server = await start();
		expect(statusOf(await ask(server, `GET ${target} HTTP/1.1`, [OWN]))).toBe(status);
	});

	it('answer to HTTP/1.0 without a Host, which no browser sends', async () => {
		const server = await start();
		expect(statusOf(await ask(server, 'GET /__flagdl/log HTTP/1.0', []))).toBe(200);
	});
});

describe.skipIf(!hasChromium())('the control routes and a page in a browser', () => {
	it('obey no foreign page, under no name', async () => {
		const room = await startRoom('--host-resolver-rules=MAP evil.example 127.0.0.1');
		const { server, browser } = room;
		onTestFinished(async () => await room.close());
		await httpRequest(server.url + BR_PATH);
		const paths = async () => (await readLog(server)).requests.map(({ path }) => path);
		const page = await browser.newPage();
		const reset = async (url: string): Promise<unknown> =>
			await page.evaluate(
				async (to) =>
					await fetch(to, { method: 'POST', mode: 'no-cors' }).then(({ status }) => status),
				`${url}/__flagdl/reset`,
			);

		// A page of this server, under a host name that resolves to it: the browser considers it the same origin.
		const rebound = `http://evil.example:${server.port}`;
		await page.goto(`${rebound}/healthz`);
		expect(await reset(rebound)).toBe(403);
		// Cross-origin for the browser, which hides the status.
		expect(await reset(server.url)).toBe(0);
		expect(await paths()).toContain(BR_PATH);

		await page.goto(`${server.url}/healthz`);
		expect(await reset(server.url)).toBe(204);
		expect(await paths()).not.toContain(BR_PATH);
	});
});
