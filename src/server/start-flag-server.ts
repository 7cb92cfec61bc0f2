import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Scenario } from '../scenarios/scenario.ts';
import { type Answer, textAnswer } from './answer.ts';
import { answerFile } from './answer-file.ts';
import { FlagFiles } from './flag-files.ts';
import { answerPlain } from './plain-routes.ts';
import { parseRequestPath } from './request-path.ts';

export interface FlagServerOptions {
	/** 0 lets the kernel choose. @default 0 */
	readonly port?: number;
	/** @default '127.0.0.1' */
	readonly host?: string;
	/** @default no latency, no faults */
	readonly scenario?: Scenario;
	/** Instead of the scenario's own. */
	readonly seed?: number;
}

export interface FlagServer {
	/** Root, with a numeric address and without a slash at its end: `http://127.0.0.1:40123`. */
	readonly url: string;
	readonly port: number;
	/** Stops listening, answers what has been accepted, and resolves when every connection is closed. */
	close(): Promise<void>;
}

/**
 * Starts the mock flag server in this thread.
 *
 * @throws The error of `listen`, with its code: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`.
 */
export async function startFlagServer(options: FlagServerOptions = {}): Promise<FlagServer> {
	const { port = 0, host = '127.0.0.1' } = options;
	const files = new FlagFiles();
	const server = createServer({ noDelay: true }, (request, response) => {
		send(request, response, route(files, request));
	});

	server.listen(port, host);
	await once(server, 'listening');
	const address = server.address() as AddressInfo;
	const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;

	return {
		url: `http://${name}:${address.port}`,
		port: address.port,
		async close() {
			server.close();
			server.closeIdleConnections();
			await once(server, 'close');
		},
	};
}

function route(files: FlagFiles, request: IncomingMessage): Answer {
	const { method = 'GET', headers, url = '' } = request;
	const { path, query } = parseRequestPath(url);
	if (method !== 'GET' && method !== 'HEAD') {
		return textAnswer(405, 'method not allowed\n', { allow: 'GET, HEAD', connection: 'close' });
	}

	const file = files.get(path);
	if (file !== undefined) return answerFile(file, method, headers);
	return answerPlain({ method, path, query }) ?? textAnswer(404, 'not found\n');
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
	response.writeHead(answer.status, answer.headers);
	response.end(request.method === 'HEAD' ? undefined : answer.body);
}
