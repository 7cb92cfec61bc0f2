import { type RequestListener, type Server, ServerResponse } from 'node:http';
import type { ScenarioRequestsOptions } from '../files/scenario-requests.ts';
import { Service } from './service.ts';
import { UpstreamRequests } from './upstream-requests.ts';

/** The service in front of which the server stands. */
export interface Upstream {
	/** Its origin: `http://127.0.0.1:3000`. */
	readonly url: string;
	/** How long it may take until its headers. */
	readonly timeoutMs: number;
}

const NO_TUNNEL =
	'HTTP/1.1 501 Not Implemented\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nCONNECT is not handed on\n';

/**
 * Puts a server in front of a service.
 *
 * @returns What answers its requests, under a scenario.
 */
export function openUpstream(
	{ url, timeoutMs }: Upstream,
	server: Server,
	onRequest: RequestListener,
): (options: ScenarioRequestsOptions) => UpstreamRequests {
	const service = new Service(url, timeoutMs);
	// An upload takes as long as it takes.
	server.requestTimeout = 0;
	server.on('connect', (_request, socket) => {
		socket.once('error', () => socket.destroy());
		socket.end(NO_TUNNEL, () => socket.destroy());
	});
	server.on('upgrade', (request, _duplex, head) => {
		const { socket } = request;
		// Node has let go of it, and of its errors.
		socket.on('error', () => socket.destroy());
		socket.unshift(head);
		const response = new ServerResponse(request);
		response.assignSocket(socket);
		response.shouldKeepAlive = false;
		response.once('finish', () => socket.destroySoon());
		onRequest(request, response);
	});
	server.on('close', () => service.close());
	return (options) => new UpstreamRequests({ ...options, service });
}
