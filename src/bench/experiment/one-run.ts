import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../../util/child-process.ts';
import type { Cell } from '../results.ts';
import type { Contestant, Lists } from './contestant.ts';
import type { Decide } from './join-log.ts';
import { checkFiles, type Judged, judge } from './judge.ts';
import { EventReader } from './read-events.ts';
import { ofEvents, ofPeer, type ServerView } from './run-record.ts';
import type { ServerProcess } from './server-process.ts';

export interface RunContext {
	/** The bench's own. */
	readonly folder: string;
	readonly lists: Lists;
	/** Absent for a server that somebody else runs; so is `decide`. */
	readonly server?: ServerProcess | undefined;
	readonly decide?: Decide | undefined;
	/** SHA-256 by id of the target. What is not known yet is learnt of the first run that has it. */
	readonly expected: Map<string, string>;
	/** Ids of files whose false content no client can see. */
	readonly undetectable: ReadonlySet<string>;
	readonly signal: AbortSignal;
}

export interface Seat {
	readonly contestant: Contestant;
	readonly cell: Cell;
}

/**
 * Lets a contestant do the work once, and looks at what came of it.
 *
 * @throws {Error} When the server is no longer there.
 */
export async function oneRun({ contestant, cell }: Seat, context: RunContext): Promise<Judged> {
	const { folder, lists, server, expected, undetectable, signal } = context;
	const { targets } = lists;
	const outputDir = await mkdtemp(join(folder, 'run-'));
	try {
		await server?.reset();
		const told = new EventReader();
		const command = contestant.command({ concurrency: cell.concurrency, outputDir, lists });
		const end = await runProgram(command, (line) => told.read(line), signal);
		const files = await checkFiles(outputDir, targets, expected, contestant);
		const view = await viewOf(context);
		const measurement =
			contestant.kind === 'strategy'
				? ofEvents(told, end.processMs, view)
				: ofPeer(end, view, indexByPath(lists));

		const { kind } = contestant;
		const judged = judge({ kind, measurement, end, told, files, undetectable });
		if (judged.status === 'ok') {
			for (const [id, digest] of files.digests) {
				if (!expected.has(id)) {
					expected.set(id, digest);
				}
			}
		}
		return judged;
	} finally {
		await rm(outputDir, { recursive: true, force: true });
	}
}

/** Processor time of a run of one file, the less of two; `undefined` for who does not tell. */
export async function startCpu(seat: Seat, context: RunContext): Promise<number | undefined> {
	if (seat.contestant.kind === 'peer') {
		return undefined;
	}
	const first = await oneRun(seat, context);
	const second = await oneRun(seat, context);
	const known = [first.cpuMs, second.cpuMs].filter((cpuMs) => cpuMs !== undefined);
	return known.length === 0 ? undefined : Math.min(...known);
}

async function viewOf({ server, decide }: RunContext): Promise<ServerView | undefined> {
	return server === undefined || decide === undefined
		? undefined
		: { log: await server.log(), decide };
}

function indexByPath({ targets }: Lists): ReadonlyMap<string, number> {
	return new Map(targets.map(({ url }, index) => [new URL(url).pathname, index]));
}
