import { leftMs } from '../../bench/experiment/eta.ts';
import type { Step } from '../../bench/experiment/experiment.ts';
import { formatMs } from '../../bench/report/format.ts';
import type { Cell } from '../../bench/results.ts';
import type { Paint } from '../../reporters/output.ts';
import type { Terminal } from '../io.ts';

const REDRAW_MS = 250;
const BAR_WIDTH = 24;

export interface Progress {
	step(step: Step): void;
	/** Leaves no trace on a terminal. */
	stop(): void;
}

/** A line that is drawn over itself, for a terminal. */
export function liveProgress(
	stream: Terminal,
	paint: Paint,
	guessMs: (cell: Cell) => number,
): Progress {
	let now: Step | undefined;
	let sinceMs = 0;
	const draw = () => {
		if (now === undefined) {
			return;
		}
		const line = progressLine(now, { guessMs, inRunMs: performance.now() - sinceMs }, paint);
		stream.write(`\r\u001b[2K${line}`);
	};
	const timer = setInterval(draw, REDRAW_MS);
	timer.unref();
	return {
		step(step) {
			now = step;
			sinceMs = performance.now();
			draw();
		},
		stop() {
			clearInterval(timer);
			stream.write('\r\u001b[2K');
		},
	};
}

/** A line for each round, for a log. */
export function plainProgress(stream: Terminal, guessMs: (cell: Cell) => number): Progress {
	let last = -1;
	return {
		step(step) {
			if (step.round === last) {
				return;
			}
			last = step.round;
			const eta = `about ${formatMs(leftMs(step, guessMs))} left`;
			stream.write(
				step.round === 0 ? 'warm-up\n' : `round ${step.round} of ${step.rounds}, ${eta}\n`,
			);
		},
		stop() {},
	};
}

interface Clockwork {
	readonly guessMs: (cell: Cell) => number;
	/** For how long the run has been going on. */
	readonly inRunMs: number;
}

/** ` ████░░  round 3 of 7  async, 8 slots  ETA 1 min 12 s` */
export function progressLine(step: Step, { guessMs, inRunMs }: Clockwork, paint: Paint): string {
	const { round, rounds, cell, cells, past } = step;
	const runs = rounds * cells.length;
	const full = Math.floor((past.length / runs) * BAR_WIDTH);
	const bar = paint.good('█'.repeat(full)) + paint.dim('░'.repeat(BAR_WIDTH - full));
	const left = leftMs(step, guessMs) - (round === 0 ? 0 : inRunMs);
	const eta = Math.ceil(Math.max(1000, left) / 1000);
	return [
		` ${bar}`,
		round === 0 ? 'warm-up' : `round ${round} of ${rounds}`,
		`${cell.name}, ${cell.concurrency} ${cell.concurrency === 1 ? 'slot' : 'slots'}`,
		`ETA ${eta < 60 ? `${eta} s` : `${Math.floor(eta / 60)} min ${eta % 60} s`}`,
	].join('  ');
}
