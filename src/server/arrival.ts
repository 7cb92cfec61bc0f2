import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connection } from './connections.ts';
import type { LogEntry } from './request-log.ts';

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
