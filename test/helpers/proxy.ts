import { once } from 'node:events';
import {
	createServer,
	request as forward,
	type IncomingHttpHeaders,
	type IncomingMessage,
	type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { onTestFinished } from './this-test.ts';
import type { Identity } from './tls.ts';

/** A request as the proxy received it. */
export interface Proxied {
	/** `CONNECT` for a tunnel. */
	readonly method: string;
	/** The absolute URL; host and port for a tunnel. */
	readonly target: string;
	readonly headers: IncomingHttpHeaders;
}

export interface TestProxy {
	readonly url: string;
	readonly host: string;
	readonly seen: readonly Proxied[];
	/** Number of accepted connections. */
	readonly connections: number;
}

export interface TestProxyOptions {
	/** Required `user:password`; other requests get a 407. */
	readonly login?: string;
	/** Responds to every request with this status, without forwarding it. */
	readonly status?: number;
	/** Accepts connections and never responds. */
	readonly silent?: boolean;
	/** Speaks TLS with its clients. */
	readonly identity?: Identity;
}

/** A minimal HTTP proxy: forwards requests for absolute URLs, and opens tunnels. */
export async function startProxy(options: TestProxyOptions = {}): Promise<TestProxy> {
	const { identity } = options;
	const state = { seen: [] as Proxied[], connections: 0 };
	const sockets = new Set<Socket | Duplex>();
	const server = identity === undefined ? createServer() : createTlsServer(identity);
	const note = ({ method = '', url: target = '', headers }: IncomingMessage) => {
		state.seen.push({ method, target, headers });
	};

	server.on(identity === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
		state.connections += 1;
		sockets.add(socket);
		socket.on('error', () => {});
	});
	server.on('request', (request, response) => {
		note(request);
		if (options.silent === true) {
			return;
		}
		const status = refusalOf(request, options);
		if (status === undefined) {
			pass(request, response);
		} else {
			response.writeHead(status, CHALLENGE).end('no');
		}
	});
	server.on('connect', (request, client: Duplex) => {
		note(request);
		if (options.silent === true) {
			return;
		}
		const status = refusalOf(request, options);
		if (status !== undefined) {
			client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 2\r\n\r\nno`);
			return;
		}
		sockets.add(openTunnel(request.url ?? '', client));
	});

	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => {
		for (const socket of sockets) {
			socket.destroy();
		}
		server.close();
	});
	const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
	return Object.assign(state, { host, url: `http${identity === undefined ? '' : 's'}://${host}` });
}

const CHALLENGE = { 'proxy-authenticate': 'Basic realm="test"' };

function refusalOf(
	{ headers }: IncomingMessage,
	{ login, status }: TestProxyOptions,
): number | undefined {
	const expected = login && `Basic ${Buffer.from(login).toString('base64')}`;
	return headers['proxy-authorization'] === expected || expected === undefined ? status : 407;
}

/** Removes hop-by-hop fields: RFC 9110, section 7.6. */
function pass(request: IncomingMessage, response: ServerResponse): void {
	const { 'proxy-authorization': _, connection: __, ...headers } = request.headers;
	forward(request.url ?? '', { headers }, (answer) => {
		response.writeHead(answer.statusCode ?? 502, answer.headers);
		answer.pipe(response);
	})
		.on('error', () => response.writeHead(502).end())
		.end();
}

function openTunnel(target: string, client: Duplex): Socket {
	const { hostname, port } = new URL(`http://${target}`);
	const server = connect(Number(port || 80), hostname.replace(/[[\]]/g, ''));
	server.on('connect', () => {
		client.write('HTTP/1.1 200 Connection established\r\n\r\n');
		client.pipe(server).pipe(client);
	});
	server.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
	client.on('error', () => server.destroy()).on('close', () => server.destroy());
	return server;
}
