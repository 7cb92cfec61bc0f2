import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connections } from './connections.ts';
import type { ContentSource, ServedFile } from './content/content-source.ts';
import { isReservedPath } from './content/url-path.ts';
import { answerControl, type Controlled } from './control-routes.ts';
import type { FileRequests } from './files/file-requests.ts';
import type { LogEntry, RequestLog } from './request-log.ts';
import {
	type Answer,
	type Arrival,
	jsonAnswer,
	type PlainRequest,
	reply,
	textAnswer,
} from './response.ts';
import type { UpstreamRequests } from './upstream/upstream-requests.ts';

/** Longer names of runs and unknown paths are cut: the log must not grow by what clients send. */
const KEPT_CHARACTERS = 128;

export interface Rooms {
	readonly source: ContentSource;
	/** Of the scenario that is used now. */
	files: FileRequests;
	/** Instead of files, what a service answers. */
	upstream?: UpstreamRequests | undefined;
	readonly control: Controlled;
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
	const { method = 'GET' } = request;
	const connection = rooms.connections.of(request.socket);
	connection.requests += 1;
	connection.open.add(response);

	const arrived = { request, response, connection, arrivedMs, method, path, query };
	const found =
		rooms.upstream !== undefined || isReservedPath(path) ? undefined : rooms.source.find(path);
	if (found instanceof Promise) {
		void found.then((file) => takeRequest(rooms, arrived, file));
	} else {
		takeRequest(rooms, arrived, found);
	}
}

function takeRequest(
	rooms: Rooms,
	arrived: Omit<Arrival, 'entry'>,
	file: ServedFile | undefined,
): void {
	const { request, response, connection, method, path, arrivedMs } = arrived;
	const isOfService = rooms.upstream !== undefined && !path.startsWith('/__flagdl/');
	const isLogged = isOfService || !isReservedPath(path);
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
	const arrival: Arrival = Object.assign(arrived, { entry });
	if (isLogged) {
		rooms.log.add(entry);
	}
	const finish = () => {
		connection.finish(response);
		if (!isLogged) {
			return;
		}
		rooms.log.inFlight -= 1;
		// What has become another protocol has no end of its own.
		if (!response.writableFinished && entry.outcome !== 'broken' && entry.status !== 101) {
			entry.outcome = rooms.connections.isRestarting ? 'broken' : 'aborted';
		}
		rooms.onLogged(entry);
	};
	if (response.destroyed) {
		finish();
		return;
	}
	response.once('close', finish);

	if (isOfService) {
		rooms.upstream?.handle(arrival);
	} else if (file !== undefined && (method === 'GET' || method === 'HEAD')) {
		rooms.files.handle(arrival, file);
	} else {
		void answerOther(rooms, arrival).then((answer) => reply(arrival, answer));
	}
}

async function answerOther(rooms: Rooms, arrival: Arrival): Promise<Answer> {
	const control = await answerControl(arrival, rooms.control);
	if (control !== undefined) {
		return control;
	}
	const { method, path } = arrival;
	if (method !== 'GET' && method !== 'HEAD') {
		// Whatever body follows is not read.
		return textAnswer(405, 'method not allowed\n', { allow: 'GET, HEAD', connection: 'close' });
	}
	if (path === '/healthz') {
		return jsonAnswer(200, { status: 'ok' });
	}
	return (await rooms.source.answer?.(arrival)) ?? textAnswer(404, 'not found\n');
}

function keep(text: string | string[] | undefined): string {
	if (text === undefined || text.length === 0) {
		return '';
	}
	// A slice alone would hold the whole text in memory.
	return Buffer.from(String(text).slice(0, KEPT_CHARACTERS), 'latin1').toString('latin1');
}

// RFC 9112, section 3.2.2: a server must take the absolute form too, and this one serves any host.
const SCHEME_AND_AUTHORITY = /^https?:\/\/[^/?#]*/i;

/** Path and query of a request line, as they were sent: nothing is decoded or resolved. */
function parseRequestPath(target: string): Pick<PlainRequest, 'path' | 'query'> {
	const origin = target.startsWith('/') ? target : target.replace(SCHEME_AND_AUTHORITY, '');
	const mark = origin.indexOf('?');
	return mark === -1
		? { path: origin, query: '' }
		: { path: origin.slice(0, mark), query: origin.slice(mark + 1) };
}
