import type { Step } from '../../bench/experiment/experiment.ts';
import type { Run } from '../../bench/results.ts';
import type { Paint } from '../../reporters/output.ts';
import { LiveLine } from '../../reporters/output.ts';
import { formatEstimate, plural } from '../../util/units.ts';
import { type Io, isFullTerminal, paintFor, type Terminal } from '../io.ts';

const MAX_BAR_WIDTH = 24;
const MIN_BAR_WIDTH = 6;

export interface Progress {
	step(step: Step): void;
	/** Removes it from a terminal. */
	stop(): void;
}

export async function createProgress({ stderr, env }: Io): Promise<Progress> {
	return isFullTerminal(stderr, env)
		? liveProgress(stderr, await paintFor(stderr, env))
		: plainProgress(stderr);
}

/** A line that is redrawn in place, for a terminal. */
function liveProgress(stream: Terminal, paint: Paint): Progress {
	let current: Step | undefined;
	let sinceMs = 0;
	const line = new LiveLine(stream, () => {
		const clock = { inRunMs: performance.now() - sinceMs, columns: stream.columns || 80 };
		return current === undefined ? '' : progressLine(current, clock, paint);
	});
	return {
		step(step) {
			current = step;
			sinceMs = performance.now();
			line.draw();
		},
		stop: () => line.stop(),
	};
}

/** A line for each round, for a log. */
function plainProgress(stream: Terminal): Progress {
	let last = -1;
	return {
		step(step) {
			if (step.round === last) {
				return;
			}
			last = step.round;
			const left = leftMs(step);
			const eta = left === undefined ? '' : `, about ${formatEstimate(left)} left`;
			stream.write(`${roundText(step)}${eta}\n`);
		},
		stop() {},
	};
}

/**
 * ` ████░░  round 3 of 7  async, 8 slots  ETA 2 min`; in a narrow terminal with a shorter bar, and without
 * the cell if need be.
 *
 * @param inRunMs - Elapsed time of the current run.
 */
export function progressLine(
	step: Step,
	{ inRunMs, columns }: { readonly inRunMs: number; readonly columns: number },
	paint: Paint,
): string {
	const { rounds, cell, cells, past } = step;
	const left = leftMs(step);
	const eta = left === undefined ? [] : [`ETA ${formatEstimate(left - inRunMs)}`];
	const cellText = `${cell.name}, ${plural(cell.concurrency, 'slot')}`;
	const all = [roundText(step), cellText, ...eta].join('  ');
	const text =
		all.length + MIN_BAR_WIDTH + 4 <= columns ? all : [roundText(step), ...eta].join('  ');
	const width = Math.max(MIN_BAR_WIDTH, Math.min(MAX_BAR_WIDTH, columns - text.length - 4));
	const full = Math.floor((past.length / (rounds * cells.length)) * width);
	return ` ${paint.good('█'.repeat(full))}${paint.dim('░'.repeat(width - full))}  ${text}`;
}

function roundText({ round, rounds }: Step): string {
	return round === 0 ? 'warm-up' : `round ${round} of ${rounds}`;
}

/**
 * Estimates the time of the remaining runs. Cells differ by a factor of thirty, so each cell is expected
 * to take its own mean.
 *
 * @returns Milliseconds; `undefined` until each cell has run.
 */
export function leftMs({
	cells,
	rounds,
	past,
}: Pick<Step, 'cells' | 'rounds' | 'past'>): number | undefined {
	const runsOf = cells.map((cell) => past.filter((run) => run.cell === cell.id));
	return runsOf.some((runs) => runs.length === 0)
		? undefined
		: runsOf.reduce((sum, runs) => sum + (rounds - runs.length) * meanMs(runs), 0);
}

function meanMs(runs: readonly Run[]): number {
	return runs.reduce((sum, { processMs }) => sum + processMs, 0) / runs.length;
}
