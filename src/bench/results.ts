import type * as v from 'valibot';
import type { cell, measured, run, runAttempt } from '../schema/bench-measured.ts';
import type { Members } from '../schema/output.ts';
import type { DeepReadonly } from '../util/members.ts';

/** Incremented by breaking changes of the results. */
export const RESULTS_VERSION = 1;

/** All measurements of a bench, without the analysis. Plain data. */
export type Measured = DeepReadonly<Members<typeof measured>>;

/** The work of every run. */
export type WorkDone = Measured['work'];

export type WorkFile = WorkDone['files'][number];

export type WorkScenario = NonNullable<WorkDone['scenario']>;

/** The plan of the scenario, computed before the first run. */
export type Planned = WorkScenario['planned'];

/** Properties of the machine that affect the numbers. */
export type Environment = Measured['environment'];

/** A strategy or a peer at one concurrency. */
export type Cell = DeepReadonly<v.InferOutput<typeof cell>>;

/** One run of a cell, in its own process. Times in milliseconds. */
export type Run = DeepReadonly<v.InferOutput<typeof run>>;

export type RunStatus = Run['status'];

/** The load of a run on the server. */
export type ServerShare = NonNullable<Run['server']>;

/** One request. Times in milliseconds from the first request of its run. */
export type RunAttempt = DeepReadonly<v.InferOutput<typeof runAttempt>>;

/** The time to compare. */
export type Clock = 'wallMs' | 'processMs';

/** From first request to last file, unless that is unknown for a completed run. */
export function clockOf({ runs }: Measured): Clock {
	const known = runs.every(({ status, wallMs }) => status !== 'ok' || wallMs !== undefined);
	return known ? 'wallMs' : 'processMs';
}

/** Runs of a cell that count in statistics. */
export function completedRuns({ runs }: Pick<Measured, 'runs'>, cell: string): readonly Run[] {
	return runs.filter((run) => run.cell === cell && run.status === 'ok');
}

/** Times or processor times of two cells in the rounds in which both completed. */
export function pairs(
	measured: Pick<Measured, 'runs'>,
	one: string,
	other: string,
	measure: Clock | 'cpuMs',
): readonly (readonly [number, number])[] {
	const others = new Map(completedRuns(measured, other).map((run) => [run.round, run[measure]]));
	return completedRuns(measured, one).flatMap((run) => {
		const [first, second] = [run[measure], others.get(run.round)];
		return first === undefined || second === undefined ? [] : [[first, second] as const];
	});
}

/** When a request released its slot: saving after the last byte holds none. */
export function slotEndMs({ bodyMs, writtenMs, endMs }: RunAttempt): number {
	return writtenMs === undefined ? endMs : (bodyMs ?? endMs);
}

/** @param attempt - Undefined for the one before the first. */
export function isRedirect(attempt: RunAttempt | undefined): boolean {
	const { status = 0 } = attempt ?? {};
	return status >= 300 && status < 400;
}
