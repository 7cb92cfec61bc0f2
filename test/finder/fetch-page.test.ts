import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchPage } from '../../src/finder/find-over-http.ts';

const NEVER = new AbortController().signal;

let agent: Agent;
let server: Server;

beforeEach(() => {
	agent = new Agent();
});

afterEach(async () => {
	await agent.destroy();
	server.closeAllConnections();
	server.close();
	await once(server, 'close');
});

describe('fetchPage', () => {
	it('reads a page, and its links from however many headers', async () => {
		const root = await serve((_, response) => {
			response.setHeader('link', ['<?page=1>; rel=first', '<?page=2>; rel=next']);
			response.end('{"countries":[{"iso_cc":"AQ","country":"Antarctica","capital":null}]}');
		});

		expect(await fetchPage(root, agent, NEVER)).toEqual({
			countries: [{ code: 'AQ', name: 'Antarctica', capital: '' }],
			link: '<?page=1>; rel=first, <?page=2>; rel=next',
		});
	});

	it.each<[string, RequestListener, RegExp]>([
		[
			'a problem',
			(_, response) => response.writeHead(400).end('{"detail":"q is bad"}'),
			/answered 400: q is bad$/,
		],
		[
			'a problem that a terminal would obey',
			(_, response) => response.writeHead(400).end('{"detail":"\\u001b[2J\\nok\\u202e\\u2060"}'),
			/answered 400: \ufffd\[2J\ufffdok\ufffd\ufffd$/,
		],
		[
			'a problem that has much to say',
			(_, response) => response.writeHead(400).end(`{"detail":"${'long '.repeat(2_000)}"}`),
			/answered 400: (long ){40}…$/,
		],
		[
			'an error page',
			(_, response) => response.writeHead(503).end('<h1>busy</h1>'),
			/answered 503$/,
		],
		[
			'a redirect',
			(_, response) => response.writeHead(302, { location: '/' }).end(),
			/answered 302$/,
		],
		[
			'a page of something else',
			(_, response) => response.end('<html>'),
			/did not answer with a page/,
		],
		[
			'JSON of something else',
			(_, response) => response.end('{"countries":1}'),
			/did not answer with a page/,
		],
		[
			'a country without a code',
			(_, response) => response.end('{"countries":[{"country":"x"}]}'),
			/without a name or a code/,
		],
		[
			'a code that is none',
			(_, response) => response.end('{"countries":[{"country":"x","iso_cc":"../x"}]}'),
			/without a name or a code/,
		],
		[
			'too much',
			(_, response) => response.end(Buffer.alloc(1_100_000, ' ')),
			/more than 1048576 bytes/,
		],
		[
			'a reset',
			(request) => request.socket.resetAndDestroy(),
			/cannot reach http:.*ECONNRESET|cannot reach http:.*UND_ERR_SOCKET/,
		],
		[
			'half a body',
			(_, response) => {
				response.writeHead(200, { 'content-length': 100 });
				response.write('{');
				setImmediate(() => response.destroy());
			},
			/cannot reach http:/,
		],
	])('names the address at %s', async (_, listener, message) => {
		const root = await serve(listener);

		await expect(fetchPage(root, agent, NEVER)).rejects.toMatchObject({
			name: 'FinderError',
			message: expect.stringContaining(root.host) as string,
		});
		await expect(fetchPage(root, agent, NEVER)).rejects.toThrow(message);
	});
});

async function serve(listener: RequestListener): Promise<URL> {
	server = createServer(listener).listen(0, '127.0.0.1');
	await once(server, 'listening');
	return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
