import type { Measured, Run, RunAttempt } from '../results.ts';

/** The time that is compared. */
export type Clock = 'wallMs' | 'processMs';

/** From first request to last file, unless that is unknown for a completed run. */
export function clockOf({ runs }: Measured): Clock {
	const known = runs.every(({ status, wallMs }) => status !== 'ok' || wallMs !== undefined);
	return known ? 'wallMs' : 'processMs';
}

/** The runs of a cell that averages include. */
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

/** When a request gave its slot back: what is saved after its last byte holds none. */
export function slotEndMs({ bodyMs, writtenMs, endMs }: RunAttempt): number {
	return writtenMs === undefined ? endMs : (bodyMs ?? endMs);
}
