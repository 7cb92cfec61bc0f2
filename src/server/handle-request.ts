import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, textAnswer } from './answer.ts';
import type { Arrival } from './arrival.ts';
import type { Connections } from './connections.ts';
import type { ControlRoutes } from './control-routes.ts';
import type { FlagFiles } from './flag-files.ts';
import type { FlagRequests } from './flag-requests.ts';
import type { PlainRequest } from './plain-route.ts';
import { answerPlain } from './plain-routes.ts';
import { reply } from './reply.ts';
import type { LogEntry, RequestLog } from './request-log.ts';
import { parseRequestPath } from './request-path.ts';

/** Longer names of runs and unknown paths are cut: the log must not grow by what clients send. */
const KEPT_CHARACTERS = 128;

export interface Rooms {
	readonly files: FlagFiles;
	readonly flags: FlagRequests;
	readonly control: ControlRoutes;
	readonly connections: Connections;
	readonly log: RequestLog;
	/** Told each request when it is over. */
	readonly onLogged: (entry: LogEntry) => void;
}

/** Sends each request to the room that answers it, and writes the log. */
export function handleRequest(
	rooms: Rooms,
	request: IncomingMessage,
	response: ServerResponse,
): void {
	const arrivedMs = performance.now();
	const { path, query } = parseRequestPath(request.url ?? '');
	const method = request.method ?? 'GET';
	const file = rooms.files.get(path);
	const connection = rooms.connections.of(request.socket);
	connection.requests += 1;

	const isLogged = !isControl(path);
	if (isLogged) {
		rooms.log.enter();
	}
	const entry: LogEntry = {
		time: performance.timeOrigin + arrivedMs,
		connection: connection.number,
		requestOnConnection: connection.requests,
		run: keep(request.headers['x-flagdl-run']),
		method,
		path: file?.path ?? keep(path),
		plannedMs: 0,
		bytes: 0,
		outcome: 'open',
		inFlight: rooms.log.inFlight,
	};
	const arrival: Arrival = {
		request,
		response,
		connection,
		method,
		path: entry.path,
		query,
		arrivedMs,
		entry,
	};
	if (isLogged) {
		rooms.log.add(entry);
	}
	connection.open.add(response);
	response.once('close', () => {
		rooms.connections.finish(request.socket, connection, response);
		if (!isLogged) {
			return;
		}
		rooms.log.inFlight -= 1;
		if (!response.writableFinished && entry.outcome !== 'broken') {
			entry.outcome = 'aborted';
		}
		rooms.onLogged(entry);
	});

	if (file !== undefined && (method === 'GET' || method === 'HEAD')) {
		rooms.flags.handle(arrival, file);
	} else {
		void answerOther(rooms, request, { method, path, query }).then((answer) => {
			reply(arrival, answer, {
				lastOnConnection: rooms.connections.isLast(connection, response),
			});
		});
	}
}

async function answerOther(
	rooms: Rooms,
	incoming: IncomingMessage,
	request: PlainRequest,
): Promise<Answer> {
	const control = rooms.control.answer(request, incoming);
	if (control !== undefined) {
		return control;
	}
	if (request.method !== 'GET' && request.method !== 'HEAD') {
		// Whatever body follows is not read.
		return textAnswer(405, 'method not allowed\n', { allow: 'GET, HEAD', connection: 'close' });
	}
	return (await answerPlain(request)) ?? textAnswer(404, 'not found\n');
}

function isControl(path: string): boolean {
	return path === '/healthz' || path.startsWith('/__flagdl/');
}

function keep(text: string | string[] | undefined): string {
	if (text === undefined || text.length === 0) {
		return '';
	}
	// A slice alone would hold the whole text in memory.
	return Buffer.from(String(text).slice(0, KEPT_CHARACTERS), 'latin1').toString('latin1');
}
