import type { LogEntry } from '../server/request-log.ts';
import type { Ended } from './run-command.ts';
import type { Said } from './said.ts';

/** All that was seen of one run. */
export interface Observation {
	readonly ended: Ended;
	/** Contents by name below the output directory. */
	readonly files: ReadonlyMap<string, Buffer>;
	/** Files seen unfinished under their final names. */
	readonly seenPartial: ReadonlySet<string>;
	/** Of the flags, in the order of arrival; empty where the server is somebody else's. */
	readonly requests: readonly LogEntry[];
	/** Connections open after the end. */
	readonly socketsLeft: number;
	/** Busy share of the server's event loop. */
	readonly serverUtilization?: number;
	/** Absent for a client that speaks no events. */
	readonly said?: Said;
}
