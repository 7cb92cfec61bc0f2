import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connections } from './connections.ts';
import type { ControlRoutes } from './control-routes.ts';
import type { FlagFiles } from './flags/flag-files.ts';
import type { FlagRequests } from './flags/flag-requests.ts';
import type { LogEntry, RequestLog } from './request-log.ts';
import {
	type Answer,
	type Arrival,
	jsonAnswer,
	type PlainRequest,
	type PlainRoute,
	reply,
	textAnswer,
} from './response.ts';

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

/** By path; loaded when first asked for, as a run of `flagdl get` never asks. */
const ROUTES: ReadonlyMap<string, () => Promise<PlainRoute>> = new Map([
	['/countries', async () => (await import('./countries/route.ts')).answerCountries],
	['/', async () => (await import('./browse/page.ts')).answerBrowse],
]);

/** Everything but flags and control. */
function answerPlain(request: PlainRequest): Answer | undefined | Promise<Answer | undefined> {
	if (request.path === '/healthz') {
		return jsonAnswer(200, { status: 'ok' });
	}
	return ROUTES.get(request.path)?.().then((route) => route(request));
}

/** Path and query of a request line, as they were sent: nothing is decoded or resolved. */
export interface RequestPath {
	readonly path: string;
	/** Without the question mark; empty where there is none. */
	readonly query: string;
}

// RFC 9112, section 3.2.2: a server must take the absolute form too, and this one serves any host.
const SCHEME_AND_AUTHORITY = /^https?:\/\/[^/?#]*/i;

function parseRequestPath(target: string): RequestPath {
	const origin = target.startsWith('/') ? target : target.replace(SCHEME_AND_AUTHORITY, '');
	const mark = origin.indexOf('?');
	return mark === -1
		? { path: origin, query: '' }
		: { path: origin.slice(0, mark), query: origin.slice(mark + 1) };
}
