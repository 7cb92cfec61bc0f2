import type { Step } from '../../bench/experiment/experiment.ts';
import type { Cell, Run } from '../../bench/results.ts';
import { LiveLine } from '../../reporters/live-line.ts';
import type { Paint } from '../../reporters/output.ts';
import type { Latency, Scenario } from '../../scenarios/scenario.ts';
import { formatEstimate, plural } from '../../util/units.ts';
import { type Io, paintFor, type Terminal } from '../io.ts';

const BAR_WIDTH = 24;

export interface Progress {
	step(step: Step): void;
	/** Removes it from a terminal. */
	stop(): void;
}

/** A line that is redrawn in place, for a terminal. */
function liveProgress(stream: Terminal, paint: Paint, guessMs: (cell: Cell) => number): Progress {
	let current: Step | undefined;
	let sinceMs = 0;
	const line = new LiveLine(stream, () =>
		current === undefined
			? ''
			: progressLine(current, { guessMs, inRunMs: performance.now() - sinceMs }, paint),
	);
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
function plainProgress(stream: Terminal, guessMs: (cell: Cell) => number): Progress {
	let last = -1;
	return {
		step(step) {
			if (step.round === last) {
				return;
			}
			last = step.round;
			const eta = `about ${formatEstimate(leftMs(step, guessMs))} left`;
			stream.write(
				step.round === 0 ? 'warm-up\n' : `round ${step.round} of ${step.rounds}, ${eta}\n`,
			);
		},
		stop() {},
	};
}

interface Timing {
	readonly guessMs: (cell: Cell) => number;
	/** Elapsed time of the current run. */
	readonly inRunMs: number;
}

/** ` ████░░  round 3 of 7  async, 8 slots  ETA 2 min` */
export function progressLine(step: Step, { guessMs, inRunMs }: Timing, paint: Paint): string {
	const { round, rounds, cell, cells, past } = step;
	const runs = rounds * cells.length;
	const full = Math.floor((past.length / runs) * BAR_WIDTH);
	const bar = paint.good('█'.repeat(full)) + paint.dim('░'.repeat(BAR_WIDTH - full));
	const left = leftMs(step, guessMs) - (round === 0 ? 0 : inRunMs);
	return [
		` ${bar}`,
		round === 0 ? 'warm-up' : `round ${round} of ${rounds}`,
		`${cell.name}, ${plural(cell.concurrency, 'slot')}`,
		`ETA ${formatEstimate(left)}`,
	].join('  ');
}

/**
 * Estimates the time of the remaining runs. Cells differ by a factor of thirty, so each cell is expected
 * to take its own mean, or the guess if it has not run yet.
 *
 * @param guessMs - Guesses the milliseconds of one run of a cell.
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

/** Time of a Node process to start and to end. */
const PROCESS_MS = 600;
/** Assumed latency of an unknown server. */
const UNKNOWN_LATENCY_MS = 100;

/** Creates the progress that standard error can show. */
export async function createProgress(
	{ stderr, env }: Pick<Io, 'stderr' | 'env'>,
	scenario: Scenario | undefined,
	files: number,
): Promise<Progress> {
	const latencyMs = scenario ? medianLatencyMs(scenario.latency) : UNKNOWN_LATENCY_MS;
	const guessMs = ({ concurrency }: Cell) =>
		PROCESS_MS + Math.ceil(files / concurrency) * latencyMs;
	return stderr.isTTY === true && env['TERM'] !== 'dumb'
		? liveProgress(stderr, await paintFor(stderr, env), guessMs)
		: plainProgress(stderr, guessMs);
}

function medianLatencyMs(latency: Latency | undefined): number {
	switch (latency?.dist) {
		case undefined:
			return 1;
		case 'constant':
			return latency.ms;
		case 'uniform':
			return (latency.minMs + latency.maxMs) / 2;
		case 'log-normal':
			return latency.p50Ms;
	}
}
