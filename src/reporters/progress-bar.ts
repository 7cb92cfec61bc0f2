import type { Writable } from 'node:stream';
import type { MultiBar } from 'cli-progress';
import { nowMs } from '../download/outcome.ts';
import type { InFlight } from '../download/progress.ts';
import type { Reporter } from '../events/run-event.ts';
import { countAll } from '../events/summary.ts';
import { warningLine } from './outcome-lines.ts';
import type { Paint } from './output.ts';
import { followProgress, type Progress, progressAt, progressParts } from './progress.ts';
import { linesBelow, waitLines } from './wait-lines.ts';

const FRAMES_PER_S = 10;
const LONGEST_BAR = 40;
const SHORTEST_BAR = 5;

export interface BarTerminal {
	readonly stream: Writable & { readonly columns?: number; readonly rows?: number };
	readonly paint: Paint;
	/** The library, handed in because only a terminal needs it loaded. */
	readonly cliProgress: { readonly MultiBar: typeof MultiBar };
}

/**
 * A bar, and what takes long below it. Both are gone when the run ends; warnings are written above.
 *
 * Between two frames the cursor is where the bar begins: wherever a terminal that has become
 * narrower moves its lines to, everything of ours is behind it and can be cleared.
 */
export function progressBar({ stream, paint, cliProgress }: BarTerminal): Reporter {
	let progress = progressAt(0);
	let slowest: readonly InFlight[] = [];
	let stop = () => {};
	const columns = () => stream.columns ?? 80;

	const start = () => {
		const frame = new cliProgress.MultiBar({
			stream,
			format: () => barLine(progress, columns(), paint),
			fps: FRAMES_PER_S,
			hideCursor: true,
			clearOnComplete: true,
			gracefulExit: false,
			emptyOnZero: true,
		});
		const below = linesBelow(stream);
		frame.on('redraw-post', () => {
			const lines = waitLines(slowest, columns(), paint, nowMs());
			below.draw(lines.slice(0, (stream.rows ?? 24) - 2));
		});
		frame
			.create(progress.total ?? 0, countAll(progress.summary.totals))
			.on('redraw-post', () => stream.write('\r'));
		stop = () => frame.stop();
	};
	const restart = () => {
		stop();
		start();
	};

	return {
		on(event) {
			progress = followProgress(progress, event);
			switch (event.type) {
				case 'run.start':
					start();
					stream.on('resize', restart);
					break;
				case 'outcome':
					slowest = slowest.filter(({ index }) => index !== event.outcome.target.index);
					break;
				case 'activity':
					slowest = event.slowest;
					break;
				case 'not_started':
					break;
				case 'warning':
					stop();
					stream.write(warningLine(event, paint));
					start();
					break;
				case 'run.end':
					stream.off('resize', restart);
					stop();
					break;
			}
		},
	};
}

/** One line, narrower than the terminal: a full one would wrap. */
export function barLine(progress: Progress, columns: number, paint: Paint): string {
	const parts = progressParts(progress);
	const text = parts.join('  ');
	const width = Math.min(LONGEST_BAR, columns - text.length - 4);
	if (width < SHORTEST_BAR || progress.total === undefined) {
		return text.slice(0, columns - 1);
	}

	const done = countAll(progress.summary.totals);
	const full = progress.total === 0 ? 0 : Math.floor((done / progress.total) * width);
	const bar = paint.good('█'.repeat(full)) + paint.dim('░'.repeat(width - full));
	const painted = parts.map((part) => (part.endsWith(' failed') ? paint.bad(part) : part));
	return ` ${bar}  ${painted.join('  ')}`;
}
