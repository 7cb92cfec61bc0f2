import type { Writable } from 'node:stream';
import type { MultiBar } from 'cli-progress';
import { nowMs, wasNotStarted } from '../download/outcome.ts';
import type { InFlight } from '../download/progress.ts';
import { countAll, type Reporter } from '../events/run-event.ts';
import { outcomeLine, warningLine } from './outcome-lines.ts';
import { CLEAR_REST_OF_LINE, CUT_LINES, type Output, type Paint, WRAP_LINES } from './output.ts';
import { followProgress, type Progress, progressAt, progressParts } from './progress.ts';
import { LinesBelow, type WaitLimits, waitLines, waitsUntil } from './wait-lines.ts';

const FRAMES_PER_S = 10;
const LONGEST_BAR = 40;
const SHORTEST_BAR = 5;

export interface BarTerminal {
	readonly stream: Writable & { readonly columns?: number; readonly rows?: number };
	readonly paint: Paint;
	/** The library, injected because only a terminal needs it. */
	readonly cliProgress: { readonly MultiBar: typeof MultiBar };
	readonly limits: WaitLimits;
	/** `--verbose`: output for outcome lines, on the same terminal. */
	readonly lines?: { readonly output: Output; readonly paint: Paint } | undefined;
}

/**
 * A progress bar with the slowest requests below it, cleared when the run ends. Warnings and outcome
 * lines are written above it.
 *
 * Between frames the cursor stays at the start of the bar: even if a narrowed terminal rewraps its
 * lines, everything drawn is after the cursor and can be cleared.
 */
export function progressBar(terminal: BarTerminal): Reporter {
	const { stream, paint, lines } = terminal;
	const bar = new Bar(terminal);

	return {
		on(event) {
			bar.progress = followProgress(bar.progress, event);
			if (event.type === 'run.start') {
				bar.start();
				stream.on('resize', bar.restart);
			} else if (event.type === 'outcome') {
				bar.slowest = bar.slowest.filter(({ index }) => index !== event.outcome.target.index);
				if (lines !== undefined && !wasNotStarted(event.outcome)) {
					bar.writeAbove(lines.output, `${outcomeLine(event.outcome, lines.paint)}\n`);
				}
			} else if (event.type === 'activity') {
				bar.slowest = event.slowest;
			} else if (event.type === 'warning') {
				bar.writeAbove(stream, warningLine(event, paint));
			} else if (event.type === 'run.end') {
				stream.off('resize', bar.restart);
				bar.stop();
			}
		},
	};
}

/** Drawn ten times a second. */
class Bar {
	readonly #terminal: BarTerminal;
	#frame: MultiBar | undefined;
	/** Lines to write above the bar with the next frame. */
	readonly #above: { readonly output: Output; readonly text: string }[] = [];
	/** Number of frames with lines above. */
	#pushedFrames = 0;
	progress: Progress = progressAt(0);
	slowest: readonly InFlight[] = [];

	constructor(terminal: BarTerminal) {
		this.#terminal = terminal;
	}

	start(): void {
		const { stream, paint, cliProgress, limits } = this.#terminal;
		const columns = () => stream.columns || 80;
		const frame = new cliProgress.MultiBar({
			stream,
			format: () => {
				const untilMs = waitsUntil(this.slowest, nowMs(), limits);
				const line = barLine(this.progress, columns(), paint, untilMs);
				// cli-progress redraws only changed text: an invisible change forces it after the bar was pushed down.
				return line + CLEAR_REST_OF_LINE.repeat(this.#pushedFrames % 2);
			},
			fps: FRAMES_PER_S,
			hideCursor: true,
			clearOnComplete: true,
			gracefulExit: false,
			emptyOnZero: true,
		});
		this.#frame = frame;
		const below = new LinesBelow(stream);
		frame.on('redraw-pre', () => {
			if (this.#above.length > 0) {
				this.#pushedFrames += 1;
				below.clear();
				stream.write(WRAP_LINES);
				this.#writePending();
				stream.write(CUT_LINES);
			}
		});
		frame.on('redraw-post', () => {
			const waits = waitLines(this.slowest, columns(), paint, nowMs(), limits);
			below.draw(waits.slice(0, Math.max(0, (stream.rows || 24) - 2)));
		});
		const { total, summary } = this.progress;
		frame.create(total ?? 0, countAll(summary.totals)).on('redraw-post', () => stream.write('\r'));
	}

	stop(): void {
		this.#frame?.stop();
		this.#frame = undefined;
		this.#writePending();
	}

	readonly restart = (): void => {
		this.stop();
		this.start();
	};

	writeAbove(output: Output, text: string): void {
		this.#above.push({ output, text });
	}

	#writePending(): void {
		for (const { output, text } of this.#above.splice(0)) {
			output.write(text);
		}
	}
}

/** One line, narrower than the terminal: a full-width line would wrap. */
export function barLine(
	progress: Progress,
	columns: number,
	paint: Paint,
	untilMs?: number,
): string {
	const all = progressParts(progress, nowMs(), untilMs);
	const isNarrow = all.join('  ').length + SHORTEST_BAR + 4 > columns;
	const parts = isNarrow ? all.filter((part) => !part.endsWith('/s')) : all;
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
