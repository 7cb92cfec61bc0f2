import type { Cell, Run } from '../results.ts';
import type { Step } from './experiment.ts';

/**
 * How long the runs that are left will take. Cells differ by a factor of thirty, so each is expected
 * to take what it took; one that has not run yet, what is guessed.
 *
 * @param guessMs - Milliseconds of one run of a cell.
 * @returns Milliseconds.
 */
export function leftMs(
	{ cells, rounds, past }: Pick<Step, 'cells' | 'rounds' | 'past'>,
	guessMs: (cell: Cell) => number,
): number {
	return cells.reduce((sum, cell) => {
		const own = past.filter((run) => run.cell === cell.id);
		return sum + (rounds - own.length) * (meanMs(own) ?? guessMs(cell));
	}, 0);
}

function meanMs(runs: readonly Run[]): number | undefined {
	if (runs.length === 0) {
		return undefined;
	}
	return runs.reduce((sum, { processMs }) => sum + processMs, 0) / runs.length;
}
