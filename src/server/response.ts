import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connection } from './connections.ts';
import { type Body, FileBody } from './content/body.ts';
import type { LogEntry, LogOutcome } from './request-log.ts';

/** An answer before it is sent. */
export interface Answer {
	readonly status: number;
	/** Without the fields of the connection, which the sender adds. */
	readonly headers: Readonly<Record<string, string>>;
	/** The same as names and values in turn, kept where an answer is given again and again. */
	readonly fields?: readonly string[];
	/** Absent with 204 and 304. Never changed: files share it. */
	readonly body?: Body;
}

function fieldsOf({ fields, headers }: Answer): readonly string[] {
	return fields ?? Object.entries(headers).flat();
}

export function textAnswer(
	status: number,
	text: string,
	headers: Readonly<Record<string, string>> = {},
): Answer {
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

export function jsonAnswer(
	status: number,
	value: unknown,
	headers: Readonly<Record<string, string>> = {},
): Answer {
	const type = { 'content-type': 'application/json', ...headers };
	return textAnswer(status, `${JSON.stringify(value)}\n`, type);
}

/** A request that no scenario touches. */
export interface PlainRequest {
	/** In upper case. */
	readonly method: string;
	/** As sent, not decoded. */
	readonly path: string;
	/** As sent, without the question mark. */
	readonly query: string;
}

/** Answers the requests that are its own, and `undefined` to all others. */
export type PlainRoute = (request: PlainRequest) => Answer | undefined;

/** A request that has arrived, with what is known of it. */
export interface Arrival extends PlainRequest {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	readonly connection: Connection;
	/** On the clock of `performance.now()`. */
	readonly arrivedMs: number;
	readonly entry: LogEntry;
	/** Made when `goneSignal` first asks for it. */
	gone?: AbortSignal;
}

/** Aborted when the client leaves. */
export function goneSignal(arrival: Arrival): AbortSignal {
	if (arrival.gone === undefined) {
		const { response } = arrival;
		const left = new AbortController();
		arrival.gone = left.signal;
		if (response.destroyed) {
			left.abort();
		} else {
			response.once('close', () => left.abort());
		}
	}
	return arrival.gone;
}

/** Fields that are this server's, names and values in turn: about the connection, and the rule that made it false. */
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

/** Fields of this very answer, names and values in turn; notes it in the log. */
export function noteAnswer(arrival: Arrival, status: number, fault?: string): string[] {
	const { entry, arrivedMs } = arrival;
	entry.status = status;
	entry.servedMs = Math.round((performance.now() - arrivedMs) * 1000) / 1000;
	const fields = serverFields(arrival, fault);
	fields.push('server-timing', `plan;dur=${entry.plannedMs}, served;dur=${entry.servedMs}`);
	return fields;
}

/**
 * Sends an answer as it is, at once; its body is in memory.
 *
 * @param fault - Name of the rule to give away in `x-flagdl-fault`.
 */
export function reply(
	arrival: Arrival,
	answer: Answer,
	fault?: string,
	outcome: LogOutcome = 'answered',
): void {
	const { response, method, entry } = arrival;
	const body = method === 'HEAD' ? undefined : answer.body;
	// A flat list is what Node is fastest with; this line is most of what an answer costs.
	response.writeHead(answer.status, [
		...fieldsOf(answer),
		...noteAnswer(arrival, answer.status, fault),
	]);
	// Noted before the client can ask for the log.
	entry.bytes = body?.length ?? 0;
	entry.outcome = outcome;
	response.end(body instanceof FileBody ? undefined : body);
}
