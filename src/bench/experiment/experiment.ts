import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../../util/child-process.ts';
import { makeTemporaryDirectory } from '../../util/directories.ts';
import type { Cell, Measured, Run } from '../results.ts';
import { type Contestant, type Lists, type WorkTarget, writeLists } from './contestant.ts';
import { checkFiles, type JudgedRun, judge, markIncomplete } from './judge.ts';
import { measurementOfEvents, measurementOfLog, RunEvents } from './run-record.ts';
import type { Decide, ServerProcess } from './server-process.ts';

export interface Experiment
	extends Pick<RunContext, 'server' | 'decide' | 'expected' | 'undetectable'> {
	readonly contestants: readonly Contestant[];
	readonly targets: readonly WorkTarget[];
	readonly rounds: number;
	/** Seed of the order within the rounds. */
	readonly seed: number;
	/** Ends the experiment; completed runs are kept. */
	readonly signal: AbortSignal;
	readonly onProgress: (step: Step) => void;
}

/** The run that starts next. */
export interface Step {
	/** 0 is the warm-up. */
	readonly round: number;
	readonly rounds: number;
	readonly cell: Cell;
	readonly cells: readonly Cell[];
	/** Completed runs, without the warm-up. */
	readonly past: readonly Run[];
}

/**
 * Runs every cell once in each round, in an order shuffled by the seed, so that drift of the machine
 * affects all cells alike. Each run has its own process and output directory.
 */
export async function runExperiment(
	experiment: Experiment,
): Promise<Pick<Measured, 'cells' | 'runs'>> {
	const folder = await makeTemporaryDirectory('flagdl-bench-');
	try {
		const cells = experiment.contestants.flatMap(cellsOf);
		const lists = writeLists(folder, experiment.targets);
		const context: RunContext = { ...experiment, folder, lists };
		const warm = await warmUp(experiment, cells, context);
		const runs = await runRounds(experiment, warm, context);
		return { cells: warm.map(({ cell }) => cell), runs: markIncomplete(runs) };
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

function cellsOf(contestant: Contestant): PlannedCell[] {
	const { name, kind, concurrencies, threadsAt } = contestant;
	return concurrencies.map((concurrency) => ({
		contestant,
		cell: {
			id: `${name}@${concurrency}`,
			name,
			kind,
			concurrency,
			...(threadsAt && { threads: threadsAt(concurrency) }),
		},
	}));
}

/**
 * Each strategy downloads one file, to measure its start. Then each contestant downloads all files
 * with its last concurrency, unless that is 1.
 */
async function warmUp(
	{ contestants, targets, signal, onProgress, rounds: count }: Experiment,
	cells: readonly PlannedCell[],
	context: RunContext,
): Promise<readonly PlannedCell[]> {
	const folder = join(context.folder, 'one-file');
	await mkdir(folder);
	const lists = writeLists(folder, targets.slice(0, 1));
	const startCpuMs = new Map<string, number>();
	const step = { round: 0, rounds: count, cells: cells.map(({ cell }) => cell), past: [] };
	for (const contestant of contestants) {
		const planned = cells.findLast((one) => one.contestant === contestant);
		if (planned === undefined || signal.aborted) {
			continue;
		}
		onProgress({ ...step, cell: planned.cell });
		const cpuMs = await startCpu(planned, { ...context, lists });
		if (cpuMs !== undefined) {
			startCpuMs.set(contestant.name, cpuMs);
		}
		if (planned.cell.concurrency > 1) {
			await runCell(planned, context);
		}
	}
	return cells.map((planned) => {
		const cpuMs = startCpuMs.get(planned.contestant.name);
		return cpuMs === undefined
			? planned
			: { ...planned, cell: { ...planned.cell, startCpuMs: cpuMs } };
	});
}

async function runRounds(
	{ rounds: count, seed, signal, onProgress }: Experiment,
	cells: readonly PlannedCell[],
	context: RunContext,
): Promise<readonly Run[]> {
	const random = randomStream(seed);
	const all = cells.map(({ cell }) => cell);
	const runs: Run[] = [];
	for (let round = 1; round <= count; round += 1) {
		for (const [at, planned] of shuffled(cells, random).entries()) {
			if (isAborted(signal)) {
				return runs;
			}
			onProgress({ round, rounds: count, cell: planned.cell, cells: all, past: runs });
			const judged: JudgedRun = await runCell(planned, context);
			// An interrupted run has no meaningful time.
			if (isAborted(signal)) {
				return runs;
			}
			runs.push({ round, place: at + 1, cell: planned.cell.id, ...judged });
		}
	}
	return runs;
}

/** A function, because the compiler would narrow the property to its last checked value. */
function isAborted({ aborted }: AbortSignal): boolean {
	return aborted;
}

/**
 * A reproducible stream of random numbers: mulberry32 by Tommy Ettinger, public domain.
 *
 * @returns A function that returns the next number, at least 0 and less than 1.
 */
export function randomStream(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = state;
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** A shuffled copy (Fisher–Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
	const copy = [...items];
	for (let last = copy.length - 1; last > 0; last -= 1) {
		const pick = Math.floor(random() * (last + 1));
		[copy[last], copy[pick]] = [copy[pick] as T, copy[last] as T];
	}
	return copy;
}

interface RunContext {
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

interface PlannedCell {
	readonly contestant: Contestant;
	readonly cell: Cell;
}

/** @throws {Error} If the server has exited. */
async function runCell({ contestant, cell }: PlannedCell, context: RunContext): Promise<JudgedRun> {
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
async function startCpu(planned: PlannedCell, context: RunContext): Promise<number | undefined> {
	if (planned.contestant.kind === 'peer') {
		return undefined;
	}
	const first = await runCell(planned, context);
	const second = await runCell(planned, context);
	const known = [first.cpuMs, second.cpuMs].filter((cpuMs) => cpuMs !== undefined);
	return known.length === 0 ? undefined : Math.min(...known);
}
