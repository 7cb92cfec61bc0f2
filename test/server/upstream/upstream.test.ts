import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { parseScenario } from '../../../src/scenarios/load-scenario.ts';
import { UPSTREAM_FILES } from '../../../src/scenarios/served-files.ts';
import { type FlagServer, startFlagServer } from '../../../src/server/start-flag-server.ts';
import { deferred } from '../../../src/util/promises.ts';
import { rawConnect, rawRequest, readAll, readUntil, split } from '../raw-socket.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
	for (const close of open.splice(0).reverse()) {
		await close();
	}
});

async function listen(server: Server): Promise<string> {
	await new Promise<void>((resolve) => {
		server.listen(0, '127.0.0.1', () => resolve());
	});
	open.push(async () => {
		if ('closeAllConnections' in server) {
			(server as unknown as { closeAllConnections: () => void }).closeAllConnections();
		}
		await new Promise<void>((resolve) => {
			server.close(() => resolve());
		});
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A service that sends this text on every connection, and the text that it received. */
async function rawService(answer: string): Promise<{ url: string; heard: () => string }> {
	let heard = '';
	const server = createTcpServer((socket) => {
		socket.on('error', () => {});
		socket.on('data', (chunk) => {
			heard += chunk.toString('latin1');
			if (heard.includes('\r\n\r\n')) {
				socket.end(answer, 'latin1');
			}
		});
	});
	return { url: await listen(server), heard: () => heard };
}

async function between(
	url: string,
	rules: readonly unknown[] = [],
	limits = {},
	timeoutMs = 20_000,
) {
	const scenario = parseScenario({ version: 1, rules, limits }, 'test', UPSTREAM_FILES);
	const server = await startFlagServer({
		upstream: { url, timeoutMs },
		scenario,
		revealFaults: true,
	});
	open.push(() => server.close());
	return server;
}

async function lastEntry(server: FlagServer) {
	return server.requests().at(-1);
}

async function service(listener: RequestListener): Promise<string> {
	return await listen(createServer(listener));
}

const ask = (path: string, more = '', method = 'GET') =>
	`${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`;

it('keeps the order and case of fields, and removes those of the connection', async () => {
	const { url, heard } = await rawService(
		'HTTP/1.1 207 Many Things\r\nX-B: 1\r\nx-a: 2\r\nX-b: 3\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nok',
	);
	const server = await between(url);
	const answer = await rawRequest(
		server.url,
		'PROPFIND /a%2fb?c=%zz HTTP/1.1\r\nX-Z: 1\r\nhOsT: x\r\nx-y: 2\r\nConnection: close, X-Own\r\nX-Own: 1\r\nTE: trailers\r\nProxy-Authorization: x\r\nContent-Length: 0\r\n\r\n',
	);

	expect(heard()).toBe(
		`PROPFIND /a%2fb?c=%zz HTTP/1.1\r\nX-Z: 1\r\nhOsT: ${new URL(url).host}\r\nx-y: 2\r\nContent-Length: 0\r\nVia: 1.1 flagdl\r\nConnection: close\r\n\r\n`,
	);
	expect(answer.text).toBe(
		'HTTP/1.1 207 Many Things\r\nX-B: 1\r\nx-a: 2\r\nX-b: 3\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok',
	);
});

it('streams bodies both ways, and answers Expect itself', async () => {
	const url = await service((request, response) => {
		response.setHeader('x-expect', String(request.headers.expect));
		request.pipe(response);
	});
	const server = await between(url);
	const socket = rawConnect(server.url);
	socket.write(
		'POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n',
	);
	await readUntil(socket, (text) => text.includes('100 Continue'));
	socket.write('3\r\none\r\n');
	const first = await readUntil(socket, (text) => text.includes('one'));
	socket.write('3\r\ntwo\r\n0\r\n\r\n');
	const rest = await readUntil(socket, (text) => text.endsWith('0\r\n\r\n'));
	socket.destroy();

	expect(first).toContain('x-expect: undefined');
	expect(rest).toContain('two');
});

it('counts attempts by method, path, query and run', async () => {
	const url = await service((_, response) => response.end('true'));
	const server = await between(url, [
		{ id: 'once', attempts: '1', then: { type: 'status', status: 503, retryAfter: '1s' } },
	]);
	const statusOf = async (request: string) =>
		(await rawRequest(server.url, request)).text.slice(9, 12);

	expect(await statusOf(ask('/a'))).toBe('503');
	expect(await statusOf(ask('/a'))).toBe('200');
	expect(await statusOf(ask('/a?b'))).toBe('503');
	expect(await statusOf(ask('/a', 'Content-Length: 0\r\n', 'POST'))).toBe('503');
	expect(await statusOf(ask('/a', 'X-Flagdl-Run: two\r\n'))).toBe('503');
	expect(await statusOf(ask('/a', 'X-Flagdl-Run: two\r\n'))).toBe('200');
	expect(server.requests().map(({ attempt, rule }) => [attempt, rule])).toEqual([
		[1, 'once'],
		[2, undefined],
		[1, 'once'],
		[1, 'once'],
		[1, 'once'],
		[2, undefined],
	]);
});

const LONG = Buffer.alloc(300_000, 'abcdefg');

it.each([
	['reset', { type: 'reset' }, 'reset', 0],
	['reset in the body', { type: 'reset', at: { bytes: '1000B' } }, 'reset', 1000],
	['close after headers', { type: 'close', at: 'after-headers' }, 'fin', 0],
	['truncate', { type: 'truncate', at: { bytes: '70000B' } }, 'fin', 70_000],
	[
		'truncate without length',
		{ type: 'truncate', at: { bytes: '9B' }, framing: 'close-delimited' },
		'fin',
		9,
	],
	['never whole', { type: 'truncate', at: { bytes: '9MiB' } }, 'fin', LONG.length - 1],
] as const)('breaks an answer: %s', async (_, then, ending, bytes) => {
	const url = await service((_request, response) => {
		response.writeHead(200, { 'content-length': LONG.length });
		response.end(LONG);
	});
	const server = await between(url, [{ id: 'break', attempts: '1', then }]);
	const answer = await rawRequest(server.url, ask('/'));

	expect(answer.ending).toBe(ending);
	const { body } = split(answer);
	expect(answer.text === '' ? 0 : body.length).toBe(bytes);
	expect(body.equals(LONG.subarray(0, body.length)) || answer.text === '').toBe(true);
	expect(await lastEntry(server)).toMatchObject({ rule: 'break', outcome: 'broken' });
	expect(split(await rawRequest(server.url, ask('/'))).body.equals(LONG)).toBe(true);
});

it('stalls in the body until the client leaves', async () => {
	const url = await service((_, response) => response.end('0123456789'));
	const server = await between(url, [{ id: 's', then: { type: 'stall', at: { bytes: '4B' } } }]);
	const answer = await rawRequest(server.url, ask('/'), 300);

	expect(answer.ending).toBe('open');
	expect(split(answer).body.toString()).toBe('0123');
});

it('changes bytes, the same ones again', async () => {
	const url = await service((_, response) => {
		response.writeHead(200, { 'content-length': LONG.length, 'repr-digest': 'sha-256=:x:' });
		response.end(LONG);
	});
	const server = await between(url, [
		{ id: 'c', attempts: '1', then: { type: 'corrupt', count: 3, digest: false } },
	]);
	const ask1 = ask('/', 'X-Flagdl-Run: 1\r\n');
	const one = split(await rawRequest(server.url, ask1));
	const two = split(await rawRequest(server.url, ask('/', 'X-Flagdl-Run: 2\r\n')));

	expect(one.head).not.toContain('repr-digest');
	expect(one.body.length).toBe(LONG.length);
	expect([...one.body].filter((byte, index) => byte !== LONG[index])).toHaveLength(3);
	expect(two.body.equals(one.body)).toBe(true);
	expect(split(await rawRequest(server.url, ask1)).body.equals(LONG)).toBe(true);
});

it('slows down and delays without changing anything', async () => {
	const url = await service((_, response) => response.end(LONG.subarray(0, 5000)));
	const server = await between(url, [
		{ id: 'd', then: { type: 'delay', time: '20ms' } },
		{ id: 'p', then: { type: 'delay', time: '20ms', at: { bytes: '1234B' } } },
		{ id: 'b', then: { type: 'bandwidth', rate: '50kB/s' } },
		{ id: 't', then: { type: 'bandwidth', rate: '20kB/s', after: { bytes: '2000B' } } },
	]);
	const startMs = performance.now();
	const { body } = split(await rawRequest(server.url, ask('/')));

	// At least 20 ms, 20 ms, 2,000 bytes at 50 and 3,000 at 20 kB/s.
	expect(performance.now() - startMs).toBeGreaterThan(225);
	expect(body.equals(LONG.subarray(0, 5000))).toBe(true);
});

it('refuses beyond its limits', async () => {
	const url = await service((_, response) => response.end('true'));
	const server = await between(url, [], { rateLimit: { requests: 1, window: '60s' } });

	expect((await rawRequest(server.url, ask('/'))).text).toContain('200 OK');
	expect((await rawRequest(server.url, ask('/'))).text).toContain('429');
});

it('tells failures of the service apart from its own', async () => {
	const gone = createTcpServer();
	const refused = await listen(gone);
	await new Promise<void>((resolve) => {
		gone.close(() => resolve());
	});
	open.pop();
	const reset = await listen(
		createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
	);
	const silent = await service(() => {});
	const noHttp = await rawService('hello\r\n\r\n');
	for (const [url, status, failure] of [
		[refused, 502, 'refused'],
		[reset, 502, 'reset'],
		[silent, 504, 'timeout'],
		[noHttp.url, 502, 'malformed'],
	] as const) {
		const server = await between(url, [], {}, failure === 'timeout' ? 300 : undefined);
		const { text } = await rawRequest(server.url, ask('/'));
		expect(text).toContain(`HTTP/1.1 ${status} `);
		expect(text).toContain(`x-flagdl-service: ${failure}`);
		expect(text).not.toContain('x-flagdl-fault');
		expect(await lastEntry(server)).toMatchObject({ status, serviceFailure: failure });
	}
});

it('breaks off where the service does', async () => {
	const { url } = await rawService('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
	const server = await between(url);
	const { ending, text } = await rawRequest(server.url, ask('/'));

	expect([ending, text.includes('200 OK')]).toEqual(['reset', true]);
	expect(await lastEntry(server)).toMatchObject({ outcome: 'broken', serviceFailure: 'reset' });
});

it('refuses a request with more than one Host, of which the service might read another', async () => {
	const service = await rawService('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
	const server = await between(service.url);

	const { text } = await rawRequest(server.url, ask('/', 'hOsT: other\r\n'));

	expect(text).toMatch(/^HTTP\/1.1 400 [\s\S]*more than one Host field\n$/);
});

it('refuses CONNECT and trailers by name', async () => {
	const trailing = await rawService(
		'HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-T: 1\r\n\r\n',
	);
	const server = await between(trailing.url);
	const chunked = 'Transfer-Encoding: chunked\r\n';

	const connected = await rawRequest(server.url, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
	expect(connected.text).toMatch(/^HTTP\/1.1 501 [\s\S]*CONNECT is not forwarded/);
	const sent = `${ask('/', `${chunked}Trailer: X-T\r\n`, 'POST')}0\r\nX-T: 1\r\n\r\n`;
	expect((await rawRequest(server.url, sent)).text).toMatch(/ 501 [\s\S]*trailers are not/);
	const undeclared = `${ask('/', chunked, 'POST')}0\r\nX-T: 1\r\n\r\n`;
	expect((await rawRequest(server.url, undeclared)).text).toMatch(/ 502 [\s\S]*trailers are not/);
	expect((await rawRequest(server.url, ask('/'))).text).toMatch(/ 502 [\s\S]*trailers are not/);
});

it('hands interim answers on, but for 100 and to HTTP/1.0', async () => {
	const { url } = await rawService(
		'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 199 Odd\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
	);
	const server = await between(url);
	const { text } = await rawRequest(server.url, ask('/'));
	const old = await rawRequest(server.url, 'GET / HTTP/1.0\r\n\r\n');

	expect(text).toBe(
		'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 199 Odd\r\n\r\nHTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n',
	);
	expect(old.text).toMatch(/^HTTP\/1.1 204 /);
});

const UPLOAD = `PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${LONG.length}\r\n\r\n`;

it('hands on an upload that is larger than what is read at once', async () => {
	const url = await service((request, response) => {
		let bytes = 0;
		request.on('data', (chunk: Buffer) => {
			bytes += chunk.length;
		});
		request.once('end', () => response.end(String(bytes)));
	});
	const server = await between(url);
	for (const bytes of [64 * 1024 + 1, 1_000_000]) {
		const response = await fetch(server.url, { method: 'POST', body: Buffer.alloc(bytes) });
		expect([response.status, await response.text()]).toEqual([200, String(bytes)]);
	}
});

it('takes the rest of an upload that was answered before its end', async () => {
	const url = await service((_, response) => response.writeHead(413).end('too much'));
	const server = await between(url);
	const socket = rawConnect(server.url);
	socket.write(UPLOAD);
	await readUntil(socket, (text) => text.includes('too much'));
	socket.write(LONG);
	socket.write(ask('/next'));
	const { text } = await readAll(socket, 5_000);

	expect(text).toContain('HTTP/1.1 413 ');
	expect(server.requests().map(({ method, path }) => `${method} ${path}`)).toEqual([
		'PUT /',
		'GET /next',
	]);
});

it('waits for a client that pauses in its upload, and not for a silent service', async () => {
	const arrived = deferred();
	const url = await service((request, response) => {
		if (request.method === 'PUT') {
			request.once('data', () => arrived.resolve(undefined));
			request.once('end', () => response.end('all of it'));
		}
	});
	const server = await between(url, [], {}, 50);
	const paused = rawConnect(server.url);
	paused.write(UPLOAD);
	paused.write(LONG.subarray(0, 10));
	await arrived.promise;
	// When this request has timed out, so would have the other.
	const silent = await rawRequest(server.url, ask('/silent'));
	paused.write(LONG.subarray(10));
	const text = await readUntil(paused, (seen) => seen.includes('\r\n\r\n'));
	paused.destroy();

	expect(silent.text).toMatch(/^HTTP\/1.1 504 /);
	expect(text).toMatch(/^HTTP\/1.1 200 /);
});

it('cuts an empty body whose length is not announced', async () => {
	const url = await service((_, response) => {
		response.flushHeaders();
		response.end();
	});
	const server = await between(url, [
		{ id: 'cut', then: { type: 'truncate', at: { bytes: '1B' } } },
	]);
	const { text } = await rawRequest(server.url, ask('/'));

	expect(text).toContain('x-flagdl-fault: cut');
	expect(text).toMatch(/\r\n\r\n$/);
	expect(server.requests()[0]).toMatchObject({ rule: 'cut', outcome: 'broken' });
});

it('has the answer of a service that refuses an upload and closes', async () => {
	const refusing = createTcpServer((socket) => {
		socket.on('error', () => {});
		socket.once('data', () => {
			socket.pause();
			socket.write('HTTP/1.1 413 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n', () =>
				socket.destroy(),
			);
		});
	});
	const server = await between(await listen(refusing));
	for (let time = 0; time < 5; time += 1) {
		const socket = rawConnect(server.url);
		socket.write(UPLOAD);
		socket.write(LONG);
		socket.end(ask('/next'));
		expect((await readAll(socket, 5_000)).text).toMatch(/^HTTP\/1.1 413 /);
	}
});

it('keeps redirects of the service to itself in front of it', async () => {
	let origin = '';
	const url = await service(({ url: path }, response) => {
		const location = path === '/own' ? `${origin}/there?a#b` : 'http://other.invalid/';
		response.writeHead(302, { location }).end();
	});
	origin = url;
	const server = await between(url);

	expect((await rawRequest(server.url, ask('/own'))).text).toContain('location: /there?a#b\r\n');
	expect((await rawRequest(server.url, ask('/no'))).text).toContain('http://other.invalid/\r\n');
});

it('hands another protocol through, and refusals of it', async () => {
	const http = createServer((_, response) => response.end('plain'));
	http.on('upgrade', (request, socket) => {
		if (request.url === '/no') {
			socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
			return;
		}
		socket.write(
			'HTTP/1.1 101 Yes\r\nUpgrade: echo\r\nX-Mixed: 1\r\nConnection: Upgrade\r\n\r\nhi ',
		);
		socket.pipe(socket);
	});
	const server = await between(await listen(http), [
		{ id: 'once', match: { path: '/ws' }, attempts: '1', then: { type: 'status', status: 503 } },
	]);
	const upgrade = (path: string) =>
		`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`;

	expect((await rawRequest(server.url, upgrade('/ws'))).text).toContain('503');
	expect((await rawRequest(server.url, upgrade('/no'))).text).toMatch(/ 403 [\s\S]*no$/);
	const socket = rawConnect(server.url);
	socket.write(`${upgrade('/ws')}early `);
	const head = await readUntil(socket, (text) => text.includes('early'));
	socket.write('late');
	await readUntil(socket, (text) => text.includes('late'));
	expect(head).toMatch(/^HTTP\/1.1 101 Yes\r\nUpgrade: echo\r\nX-Mixed: 1\r\n[\s\S]*hi early $/);
	// Closing must not wait for it.
	await server.close();
});
