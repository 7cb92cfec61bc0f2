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
	return bodyAnswer(status, Buffer.from(text), 'text/plain; charset=utf-8', headers);
}

export function jsonAnswer(status: number, value: unknown): Answer {
	return bodyAnswer(status, Buffer.from(`${JSON.stringify(value)}\n`), 'application/json');
}

function bodyAnswer(
	status: number,
	body: Buffer,
	contentType: string,
	headers: Readonly<Record<string, string>> = {},
): Answer {
	return {
		status,
		headers: {
			'content-type': contentType,
			'content-length': String(body.length),
			'cache-control': 'no-store',
			...headers,
		},
		body,
	};
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
export interface Arrival {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	readonly connection: Connection;
	readonly method: string;
	readonly path: string;
	readonly query: string;
	/** On the clock of `performance.now()`. */
	readonly arrivedMs: number;
	readonly entry: LogEntry;
}

/** How an answer is dressed on its way out. */
export interface Dress {
	/** Whether the server is about to end, and connections with it. */
	readonly lastOnConnection: boolean;
	/** Name of the rule to give away in `x-flagdl-fault`. */
	readonly fault?: string;
}

/** Fields of this very answer, names and values in turn; notes it in the log. */
export function dress(
	{ entry, arrivedMs }: Arrival,
	status: number,
	{ lastOnConnection, fault }: Dress,
): string[] {
	const servedMs = Math.round((performance.now() - arrivedMs) * 1000) / 1000;
	entry.status = status;
	entry.servedMs = servedMs;
	const fields = ['server-timing', `plan;dur=${entry.plannedMs}, served;dur=${servedMs}`];
	if (lastOnConnection) {
		fields.push('connection', 'close');
	}
	if (fault !== undefined) {
		fields.push('x-flagdl-fault', fault);
	}
	return fields;
}

/** Sends an answer as it is, at once; its body is in memory. */
export function reply(
	arrival: Arrival,
	answer: Answer,
	dressed: Dress,
	outcome: LogOutcome = 'answered',
): void {
	const { response, method, entry } = arrival;
	const body = method === 'HEAD' ? undefined : answer.body;
	// A flat list is what Node is fastest with; this line is most of what an answer costs.
	response.writeHead(answer.status, [
		...fieldsOf(answer),
		...dress(arrival, answer.status, dressed),
	]);
	// Noted before the client can ask for the log.
	entry.bytes = body?.length ?? 0;
	entry.outcome = outcome;
	response.end(body instanceof FileBody ? undefined : body);
}
