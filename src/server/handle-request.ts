import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connections } from './connections.ts';
import type { ContentSource, ServedFile } from './content/content-source.ts';
import { isReservedPath } from './content/url-path.ts';
import { type ControlContext, controlResponse } from './control-routes.ts';
import type { FileRequests } from './files/file-requests.ts';
import type { LogEntry, RequestLog } from './request-log.ts';
import {
	type Arrival,
	jsonResponse,
	type PlainRequest,
	type PreparedResponse,
	reply,
	textResponse,
} from './response.ts';
import type { UpstreamRequests } from './upstream/upstream-requests.ts';

/** Run names and unknown paths are cut to this length, so that clients cannot bloat the log. */
const MAX_LOGGED_CHARACTERS = 128;

interface ServerContext {
	readonly source: ContentSource;
	/** For the current scenario. */
	files: FileRequests;
	/** Replaces `files` if the server stands in front of a service. */
	upstream?: UpstreamRequests | undefined;
	readonly control: ControlContext;
	readonly connections: Connections;
	readonly log: RequestLog;
	/** Called with each request when it has ended. */
	readonly onLogged: (entry: LogEntry) => void;
}

/** Routes a request to its handler and logs it. */
export function handleRequest(
	context: ServerContext,
	request: IncomingMessage,
	response: ServerResponse,
): void {
	const arrivedMs = performance.now();
	const { path, query } = parseRequestPath(request.url ?? '');
	const { method = 'GET' } = request;
	const connection = context.connections.of(request.socket);
	connection.requests += 1;
	connection.open.add(response);

	const requestOnConnection = connection.requests;
	const arrived = { request, response, connection, arrivedMs, method, path, query };
	const found =
		context.upstream !== undefined || isReservedPath(path) ? undefined : context.source.find(path);
	if (found instanceof Promise) {
		void found.then((file) => dispatch(context, arrived, requestOnConnection, file));
	} else {
		dispatch(context, arrived, requestOnConnection, found);
	}
}

function dispatch(
	context: ServerContext,
	arrived: Omit<Arrival, 'entry'>,
	requestOnConnection: number,
	file: ServedFile | undefined,
): void {
	const { request, response, connection, method, path, arrivedMs } = arrived;
	const isProxied = context.upstream !== undefined && !path.startsWith('/__flagdl/');
	const isLogged = isProxied || !isReservedPath(path);
	if (isLogged) {
		context.log.enter();
	}
	const entry: LogEntry = {
		time: performance.timeOrigin + arrivedMs,
		connection: connection.number,
		requestOnConnection,
		run: truncateForLog(request.headers['x-flagdl-run']),
		method,
		path: file?.path ?? truncateForLog(path),
		plannedMs: 0,
		bytes: 0,
		outcome: 'open',
		inFlight: context.log.inFlight,
	};
	const arrival: Arrival = Object.assign(arrived, { entry });
	if (isLogged) {
		context.log.add(entry);
	}
	const finish = () => {
		connection.finish(response);
		if (!isLogged) {
			return;
		}
		context.log.inFlight -= 1;
		// An upgraded response never finishes.
		if (!response.writableFinished && entry.outcome !== 'broken' && entry.status !== 101) {
			entry.outcome = context.connections.isRestarting ? 'broken' : 'aborted';
		}
		context.onLogged(entry);
	};
	if (response.destroyed) {
		finish();
		return;
	}
	response.once('close', finish);

	if (isProxied) {
		context.upstream?.handle(arrival);
	} else if (file !== undefined && (method === 'GET' || method === 'HEAD')) {
		context.files.handle(arrival, file);
	} else {
		void otherResponse(context, arrival).then((answer) => reply(arrival, answer));
	}
}

async function otherResponse(context: ServerContext, arrival: Arrival): Promise<PreparedResponse> {
	const control = await controlResponse(arrival, context.control);
	if (control !== undefined) {
		return control;
	}
	const { method, path } = arrival;
	if (method !== 'GET' && method !== 'HEAD') {
		// A request body is not read, so the connection cannot be reused.
		return textResponse(405, 'method not allowed\n', { allow: 'GET, HEAD', connection: 'close' });
	}
	if (path === '/healthz') {
		return jsonResponse(200, { status: 'ok' });
	}
	const answer = context.upstream === undefined ? context.source.answer?.(arrival) : undefined;
	return (await answer) ?? textResponse(404, 'not found\n');
}

function truncateForLog(text: string | string[] | undefined): string {
	if (text === undefined || text.length === 0) {
		return '';
	}
	// A slice alone would keep the whole string in memory.
	return Buffer.from(String(text).slice(0, MAX_LOGGED_CHARACTERS), 'latin1').toString('latin1');
}

// RFC 9112, section 3.2.2: a server must accept the absolute form, too. This one serves any host.
const SCHEME_AND_AUTHORITY = /^https?:\/\/[^/?#]*/i;

/** Path and query of a request target, as sent: nothing is decoded or resolved. */
function parseRequestPath(target: string): Pick<PlainRequest, 'path' | 'query'> {
	const origin = target.startsWith('/') ? target : target.replace(SCHEME_AND_AUTHORITY, '');
	const mark = origin.indexOf('?');
	return mark === -1
		? { path: origin, query: '' }
		: { path: origin.slice(0, mark), query: origin.slice(mark + 1) };
}
