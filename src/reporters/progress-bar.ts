import type { Writable } from 'node:stream';
import type { SingleBar } from 'cli-progress';
import type { Reporter } from './event.ts';
import { warningLine } from './outcome-lines.ts';
import type { Paint } from './output.ts';
import { followProgress, type Progress, progressAt, progressParts } from './progress.ts';
import { countAll } from './summary.ts';

const FRAMES_PER_S = 10;
const LONGEST_BAR = 40;
const SHORTEST_BAR = 5;

export interface BarTerminal {
	readonly stream: Writable & { readonly columns?: number };
	readonly paint: Paint;
	/** The library, handed in because only a terminal needs it loaded. */
	readonly cliProgress: { readonly SingleBar: typeof SingleBar };
}

/** A bar that is gone, with its line, when the run ends; warnings are written above it. */
export function progressBar({ stream, paint, cliProgress }: BarTerminal): Reporter {
	let progress = progressAt(0);
	const bar = new cliProgress.SingleBar({
		stream,
		format: () => barLine(progress, stream.columns ?? 80, paint),
		fps: FRAMES_PER_S,
		hideCursor: true,
		clearOnComplete: true,
		gracefulExit: false,
		emptyOnZero: true,
	});
	const start = () => bar.start(progress.total ?? 0, countAll(progress.summary.totals));

	return {
		on(event) {
			progress = followProgress(progress, event);
			switch (event.type) {
				case 'run.start':
					start();
					break;
				case 'outcome':
					bar.increment();
					break;
				case 'warning':
					// It goes back to where it began when it stops, which must not be a line of somebody else.
					bar.stop();
					stream.write(warningLine(event, paint));
					start();
					break;
				case 'run.end':
					bar.stop();
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
