import type { Output, Paint } from '../../reporters/output.ts';
import { LiveLine } from '../../reporters/output.ts';
import { nameOf } from '../../smoke/report/wording.ts';
import type { PendingRun } from '../../smoke/run-all.ts';
import { shorten } from '../../util/text.ts';
import { formatWait } from '../../util/units.ts';
import { type Io, isFullTerminal, type Terminal } from '../io.ts';

const BAR_WIDTH = 10;

/** Text output that, on a terminal, keeps a last line with the running runs. */
export class RunProgress implements Output {
	readonly #output: Terminal;
	readonly #paint: Paint;
	readonly #isLive: boolean;
	#line: LiveLine | undefined;
	readonly #startedMs = new Map<PendingRun, number>();
	#runs = 0;
	#ended = 0;

	constructor(output: Terminal, paint: Paint, env: Io['env']) {
		this.#output = output;
		this.#paint = paint;
		this.#isLive = isFullTerminal(output, env);
	}

	write(lines: string): void {
		(this.#line ?? this.#output).write(lines);
	}

	start(runs: number): void {
		this.#runs = runs;
		this.#line = this.#isLive ? new LiveLine(this.#output, () => this.#text()) : undefined;
	}

	runStarted(run: PendingRun): void {
		this.#startedMs.set(run, performance.now());
		this.#line?.draw();
	}

	/** Called before the result of the run is written. */
	runEnded(run: PendingRun): void {
		this.#startedMs.delete(run);
		this.#ended += 1;
	}

	/** Clears the last line. */
	stop(): void {
		this.#line?.stop();
		this.#line = undefined;
	}

	/** ` ███░░░  3 of 15 runs  hostile sequential 9 s, liar threads c=16 2 s and 2 more` */
	#text(): string {
		const full = Math.floor((this.#ended / this.#runs) * BAR_WIDTH);
		const bar = this.#paint.good('█'.repeat(full)) + this.#paint.dim('░'.repeat(BAR_WIDTH - full));
		const nowMs = performance.now();
		const current = [...this.#startedMs].map(
			([{ labels }, sinceMs]) => `${nameOf(labels)} ${formatWait(nowMs - sinceMs)}`,
		);
		const counts = `${this.#ended} of ${this.#runs} runs`;
		const room = (this.#output.columns || 80) - ` ${counts}  `.length - BAR_WIDTH - 2;
		return ` ${bar}  ${counts}  ${fitting(current, room)}`;
	}
}

/** As many names as fit, and the number of the others. */
function fitting(names: readonly string[], room: number): string {
	for (let shown = names.length; shown > 0; shown -= 1) {
		const more = names.length - shown;
		const text = names.slice(0, shown).join(', ') + (more > 0 ? ` and ${more} more` : '');
		if (text.length <= room) {
			return text;
		}
	}
	return shorten(names[0] ?? '', room);
}
