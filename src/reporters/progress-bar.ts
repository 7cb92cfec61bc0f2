import type { Writable } from 'node:stream';
import type { SingleBar } from 'cli-progress';
import type { Reporter } from './event.ts';
import type { Paint } from './output.ts';
import { followProgress, type Progress, progressAt, progressParts } from './progress.ts';

const FRAMES_PER_S = 10;
const LONGEST_BAR = 40;
const SHORTEST_BAR = 5;

export interface BarTerminal {
	readonly stream: Writable & { readonly columns?: number };
	readonly paint: Paint;
	/** The library, handed in because only a terminal needs it loaded. */
	readonly cliProgress: { readonly SingleBar: typeof SingleBar };
}

/** A bar that is gone, with its line, when the run ends. */
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

	return {
		on(event) {
			progress = followProgress(progress, event);
			if (event.type === 'run.start') {
				bar.start(event.targets ?? 0, 0);
			} else if (event.type === 'outcome') {
				bar.increment();
			} else if (event.type === 'run.end') {
				bar.stop();
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

	const done = Object.values(progress.summary.totals).reduce((sum, count) => sum + count, 0);
	const full = progress.total === 0 ? 0 : Math.floor((done / progress.total) * width);
	const bar = paint.good('█'.repeat(full)) + paint.dim('░'.repeat(width - full));
	const painted = parts.map((part) => (part.endsWith(' failed') ? paint.bad(part) : part));
	return ` ${bar}  ${painted.join('  ')}`;
}
