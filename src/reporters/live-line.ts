import type { Output } from './output.ts';

const REDRAW_MS = 250;
const CLEAR_LINE = '\r\u001b[2K';
const CUT_LINES = '\u001b[?7l';
const WRAP_LINES = '\u001b[?7h';

/** The last line of a terminal, redrawn in place while something is going on. */
export class LiveLine implements Output {
	readonly #output: Output;
	readonly #textNow: () => string;
	readonly #timer: NodeJS.Timeout;

	/** @param textNow - One line; what is wider than the terminal is cut off. */
	constructor(output: Output, textNow: () => string) {
		this.#output = output;
		this.#textNow = textNow;
		this.#timer = setInterval(() => this.draw(), REDRAW_MS).unref();
	}

	draw(): void {
		this.#output.write(`${CLEAR_LINE}${CUT_LINES}${this.#textNow()}${WRAP_LINES}`);
	}

	/** Writes whole lines above it. */
	write(lines: string): void {
		this.#output.write(CLEAR_LINE + lines);
		this.draw();
	}

	/** Clears it. */
	stop(): void {
		clearInterval(this.#timer);
		this.#output.write(CLEAR_LINE);
	}
}
