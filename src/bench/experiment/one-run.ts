import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../../util/child-process.ts';
import type { Cell } from '../results.ts';
import type { Contestant, Lists } from './contestant.ts';
import { checkFiles, type JudgedRun, judge } from './judge.ts';
import { measurementOfEvents, measurementOfLog, RunEvents } from './run-record.ts';
import type { Decide, ServerProcess } from './server-process.ts';

export interface RunContext {
	readonly folder: string;
	readonly lists: Lists;
	/** Absent, like `decide`, if the targets are on other servers. */
	readonly server?: ServerProcess | undefined;
	readonly decide?: Decide | undefined;
	/** SHA-256 by id of the target. An unknown one is taken from the first run that saved the file. */
	readonly expected: Map<string, string>;
	/** Ids of files with wrong content that no client can detect. */
	readonly undetectable: ReadonlySet<string>;
	readonly signal: AbortSignal;
}

export interface PlannedCell {
	readonly contestant: Contestant;
	readonly cell: Cell;
}

/** @throws {Error} If the server has gone. */
export async function oneRun(
	{ contestant, cell }: PlannedCell,
	context: RunContext,
): Promise<JudgedRun> {
	const { folder, lists, server, decide, expected, undetectable, signal } = context;
	const { targets } = lists;
	const outputDir = await mkdtemp(join(folder, 'run-'));
	try {
		await server?.reset();
		const events = new RunEvents();
		const { concurrency } = cell;
		const command = contestant.command({ concurrency, outputDir, lists, caFile: server?.caFile });
		const end = await runProgram(command, (line) => events.read(line), signal);
		const files = await checkFiles(outputDir, targets, expected, contestant);
		const view = server && decide && { log: await server.log(), decide };
		const { kind } = contestant;
		const measurement =
			kind === 'strategy'
				? measurementOfEvents(events, end.processMs, view)
				: measurementOfLog(end, view, targets);
		const judged = judge({ kind, measurement, end, events, files, undetectable });
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

/** Processor time of a run with one file, the smaller of two; `undefined` for peers. */
export async function startCpu(
	planned: PlannedCell,
	context: RunContext,
): Promise<number | undefined> {
	if (planned.contestant.kind === 'peer') {
		return undefined;
	}
	const first = await oneRun(planned, context);
	const second = await oneRun(planned, context);
	const known = [first.cpuMs, second.cpuMs].filter((cpuMs) => cpuMs !== undefined);
	return known.length === 0 ? undefined : Math.min(...known);
}
