import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryDirectory } from '../../util/directories.ts';
import type { Cell, Run } from '../results.ts';
import { type Contestant, type WorkTarget, writeLists } from './contestant.ts';
import { type Judged, markIncomplete } from './judge.ts';
import { oneRun, type RunContext, type Seat, startCpu } from './one-run.ts';

export interface Experiment
	extends Pick<RunContext, 'server' | 'decide' | 'expected' | 'undetectable'> {
	readonly contestants: readonly Contestant[];
	readonly targets: readonly WorkTarget[];
	readonly rounds: number;
	/** Of the order within the rounds. */
	readonly seed: number;
	/** Ends it; what is complete is kept. */
	readonly signal: AbortSignal;
	readonly onProgress: (step: Step) => void;
}

/** What is about to happen. */
export interface Step {
	/** 0 is the warm-up. */
	readonly round: number;
	readonly rounds: number;
	readonly cell: Cell;
	readonly cells: readonly Cell[];
	/** Runs that are complete; without warm-up. */
	readonly past: readonly Run[];
}

export interface ExperimentResult {
	readonly cells: readonly Cell[];
	readonly runs: readonly Run[];
}

/**
 * Rounds of every cell once, in an order shuffled by the seed: what drifts in the machine meets all
 * of them alike. Each run is a process of its own that saves into a folder of its own.
 */
export async function runExperiment(experiment: Experiment): Promise<ExperimentResult> {
	const folder = await makeTemporaryDirectory('flagdl-bench-');
	try {
		const seats = experiment.contestants.flatMap(seatsOf);
		const lists = writeLists(folder, experiment.targets);
		const context: RunContext = { ...experiment, folder, lists };
		const warm = await warmUp(experiment, seats, context);
		const runs = await rounds(experiment, warm, context);
		return { cells: warm.map(({ cell }) => cell), runs: markIncomplete(runs) };
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

function seatsOf(contestant: Contestant): Seat[] {
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

/** One file by each, which is what a start costs; then all of it at once by the widest. */
async function warmUp(
	{ contestants, targets, signal, onProgress, rounds: count }: Experiment,
	seats: readonly Seat[],
	context: RunContext,
): Promise<readonly Seat[]> {
	const folder = join(context.folder, 'one-file');
	await mkdir(folder);
	const lists = writeLists(folder, targets.slice(0, 1));
	const startCpuMs = new Map<string, number>();
	const step = { round: 0, rounds: count, cells: seats.map(({ cell }) => cell), past: [] };
	for (const contestant of contestants) {
		const seat = seats.findLast((one) => one.contestant === contestant);
		if (seat === undefined || signal.aborted) {
			continue;
		}
		onProgress({ ...step, cell: seat.cell });
		const cpuMs = await startCpu(seat, { ...context, lists });
		if (cpuMs !== undefined) {
			startCpuMs.set(contestant.name, cpuMs);
		}
		if (seat.cell.concurrency > 1) {
			await oneRun(seat, context);
		}
	}
	return seats.map((seat) => {
		const cpuMs = startCpuMs.get(seat.contestant.name);
		return cpuMs === undefined ? seat : { ...seat, cell: { ...seat.cell, startCpuMs: cpuMs } };
	});
}

async function rounds(
	{ rounds: count, seed, signal, onProgress }: Experiment,
	seats: readonly Seat[],
	context: RunContext,
): Promise<readonly Run[]> {
	const random = randomStream(seed);
	const cells = seats.map(({ cell }) => cell);
	const runs: Run[] = [];
	for (let round = 1; round <= count; round += 1) {
		for (const [at, seat] of shuffled(seats, random).entries()) {
			if (ended(signal)) {
				return runs;
			}
			onProgress({ round, rounds: count, cell: seat.cell, cells, past: runs });
			const judged: Judged = await oneRun(seat, context);
			// What an interruption has cut short says nothing.
			if (ended(signal)) {
				return runs;
			}
			runs.push({ round, place: at + 1, cell: seat.cell.id, ...judged });
		}
	}
	return runs;
}

/** A function, since the compiler holds that what was false a line above is false. */
function ended({ aborted }: AbortSignal): boolean {
	return aborted;
}

/**
 * A stream of random numbers that its seed repeats: mulberry32 by Tommy Ettinger, public domain.
 *
 * @returns A function that gives the next, at least 0 and less than 1.
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

/** A shuffled copy, after Fisher and Yates. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
	const copy = [...items];
	for (let last = copy.length - 1; last > 0; last -= 1) {
		const pick = Math.floor(random() * (last + 1));
		[copy[last], copy[pick]] = [copy[pick] as T, copy[last] as T];
	}
	return copy;
}
