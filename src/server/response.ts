import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connection } from './connections.ts';
import { type Body, FileBody } from './content/body.ts';
import type { LogEntry, LogOutcome } from './request-log.ts';

/** A response before it is sent. */
export interface PreparedResponse {
	readonly status: number;
	/** Without connection fields, which the sender adds. */
	readonly headers: Readonly<Record<string, string>>;
	/** The same as alternating names and values, precomputed for responses that are sent often. */
	readonly fields?: readonly string[];
	/** Absent with 204 and 304. Shared between responses: never mutate it. */
	readonly body?: Body;
}

function fieldsOf({ fields, headers }: PreparedResponse): readonly string[] {
	return fields ?? Object.entries(headers).flat();
}

export function textResponse(
	status: number,
	text: string,
	headers: Readonly<Record<string, string>> = {},
): PreparedResponse {
	const body = Buffer.from(text);
	return {
		status,
		headers: {
			'content-type': 'text/plain; charset=utf-8',
			'content-length': String(body.length),
			'cache-control': 'no-store',
			...headers,
		},
		body,
	};
}

export function jsonResponse(
	status: number,
	value: unknown,
	headers: Readonly<Record<string, string>> = {},
): PreparedResponse {
	const type = { 'content-type': 'application/json', ...headers };
	return textResponse(status, `${JSON.stringify(value)}\n`, type);
}

/** A request outside of any scenario. */
export interface PlainRequest {
	/** In upper case. */
	readonly method: string;
	/** As sent, not decoded. */
	readonly path: string;
	/** As sent, without the question mark. */
	readonly query: string;
}

/** A received request with its connection, response and log entry. */
export interface Arrival extends PlainRequest {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	readonly connection: Connection;
	/** On the clock of `performance.now()`. */
	readonly arrivedMs: number;
	readonly entry: LogEntry;
	/** Created by the first call of `disconnectSignal`. */
	disconnected?: AbortSignal;
}

/** A signal that aborts when the client disconnects. */
export function disconnectSignal(arrival: Arrival): AbortSignal {
	if (arrival.disconnected === undefined) {
		const { response } = arrival;
		const controller = new AbortController();
		arrival.disconnected = controller.signal;
		if (response.destroyed) {
			controller.abort();
		} else {
			response.once('close', () => controller.abort());
		}
	}
	return arrival.disconnected;
}

/** `Connection` and `x-flagdl-fault`, as alternating names and values. */
export function serverFields({ connection, response }: Arrival, fault?: string): string[] {
	const fields: string[] = [];
	if (connection.endsWith(response)) {
		fields.push('connection', 'close');
	}
	if (fault !== undefined) {
		fields.push('x-flagdl-fault', fault);
	}
	return fields;
}

/** Records the response in the log and returns its own fields, as alternating names and values. */
export function recordResponse(arrival: Arrival, status: number, fault?: string): string[] {
	const { entry, arrivedMs } = arrival;
	entry.status = status;
	entry.servedMs = Math.round((performance.now() - arrivedMs) * 1000) / 1000;
	const fields = serverFields(arrival, fault);
	fields.push('server-timing', `plan;dur=${entry.plannedMs}, served;dur=${entry.servedMs}`);
	return fields;
}

/**
 * Sends a response unaltered and at once; its body must be in memory.
 *
 * @param fault - Name of the rule to reveal in `x-flagdl-fault`.
 */
export function reply(
	arrival: Arrival,
	answer: PreparedResponse,
	fault?: string,
	outcome: LogOutcome = 'answered',
): void {
	const { response, method, entry } = arrival;
	const body = method === 'HEAD' ? undefined : answer.body;
	// Hot path: Node is fastest with a flat list.
	response.writeHead(answer.status, [
		...fieldsOf(answer),
		...recordResponse(arrival, answer.status, fault),
	]);
	// Recorded before the client can request the log.
	entry.bytes = body?.length ?? 0;
	entry.outcome = outcome;
	response.end(body instanceof FileBody ? undefined : body);
}
