import { once } from 'node:events';
import {
	createServer,
	type IncomingMessage,
	type OutgoingHttpHeaders,
	type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { closePort, GIF, type Held, holds, noteRequest, openPort } from './held-content.ts';

export { GIF } from './held-content.ts';

export interface Answer {
	(request: IncomingMessage, response: ServerResponse): void;
	/** Content that may be saved from a complete response. */
	readonly held?: Held;
}

/**
 * A server whose responses a test holds and releases, so that it reaches a state without sleeping.
 */
export interface HoldServer {
	readonly url: string;
	/** Requests in order of arrival. */
	readonly requests: IncomingMessage[];
	/** Number of requests without a complete response. */
	readonly inFlight: number;
	/** Maximum of `inFlight`. */
	readonly peak: number;
	/** Number of accepted connections. */
	readonly connections: number;
	/** Holds the responses for these paths, or for all. */
	hold(...paths: string[]): void;
	/** Sends the held responses for these paths, or for all, and stops holding them. */
	release(...paths: string[]): void;
	/**
	 * Sets the response for a path; `undefined`: for every path without one of its own. Its content stays the GIF,
	 * unless the answer declares it ({@link answering}) or `holds` is called.
	 */
	answer(path: string | undefined, answer: Answer): void;
	/** Declares what may be saved for this path; `undefined`: for each path without content of its own. */
	holds(path: string | undefined, held: Held): void;
	/** Resolves when this number of requests has arrived. */
	arrivals(count: number): Promise<void>;
	/** Resolves when nothing is in flight. */
	idle(): Promise<void>;
	close(): Promise<void>;
}

export async function startHoldServer(): Promise<HoldServer> {
	const requests: IncomingMessage[] = [];
	const answers = new Map<string | undefined, Answer>([[undefined, answerGif]]);
	const held: { path: string; go: () => void }[] = [];
	const holding = new Set<string>();
	const watchers = new Set<() => void>();
	const state = { inFlight: 0, peak: 0, connections: 0, holdAll: false };
	const changed = () => {
		for (const watcher of watchers) {
			watcher();
		}
	};

	const server = createServer((request, response) => {
		const path = request.url ?? '';
		requests.push(request);
		noteRequest(`${url}${path}`);
		state.inFlight += 1;
		state.peak = Math.max(state.peak, state.inFlight);
		response.on('close', () => {
			state.inFlight -= 1;
			changed();
		});
		const go = () => (answers.get(path) ?? answers.get(undefined) ?? answerGif)(request, response);
		if (state.holdAll || holding.has(path)) {
			held.push({ path, go });
		} else {
			go();
		}
		changed();
	});
	server.keepAliveTimeout = 60_000;
	server.on('connection', () => {
		state.connections += 1;
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const url = `http://127.0.0.1:${port}`;
	openPort(port);
	holds(url, GIF);

	const until = async (condition: () => boolean) => {
		await new Promise<void>((resolve) => {
			const watcher = () => {
				if (!condition()) {
					return;
				}
				watchers.delete(watcher);
				resolve();
			};
			watchers.add(watcher);
			watcher();
		});
	};

	return {
		url,
		requests,
		get inFlight() {
			return state.inFlight;
		},
		get peak() {
			return state.peak;
		},
		get connections() {
			return state.connections;
		},
		hold(...paths) {
			if (paths.length === 0) {
				state.holdAll = true;
			}
			for (const path of paths) {
				holding.add(path);
			}
		},
		release(...paths) {
			if (paths.length === 0) {
				state.holdAll = false;
				holding.clear();
			}
			for (const path of paths) {
				holding.delete(path);
			}
			for (const { path, go } of held.splice(0)) {
				if (paths.length === 0 || paths.includes(path)) {
					go();
				} else {
					held.push({ path, go });
				}
			}
		},
		answer(path, answer) {
			answers.set(path, answer);
			if (answer.held !== undefined) {
				holds(`${url}${path ?? ''}`, answer.held);
			}
		},
		holds: (path, held) => holds(`${url}${path ?? ''}`, held),
		arrivals: async (count) => await until(() => requests.length >= count),
		idle: async () => await until(() => state.inFlight === 0),
		async close() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
			closePort(port);
		},
	};
}

/** Responds with this content, and declares it as what may be saved. */
export function answering(
	held: Buffer | ((path: string) => Buffer),
	headers: OutgoingHttpHeaders = {},
): Answer {
	const answer = (request: IncomingMessage, response: ServerResponse) => {
		const content = typeof held === 'function' ? held(request.url ?? '') : held;
		response.writeHead(200, { 'content-length': content.length, ...headers }).end(content);
	};
	return Object.assign(answer, { held });
}

export function answerGif(_request: IncomingMessage, response: ServerResponse): void {
	response.writeHead(200, { 'content-type': 'image/gif', 'content-length': GIF.length });
	response.end(GIF);
}
