import { CUT_LINES, type Output, WRAP_LINES } from './output.ts';

const REDRAW_MS = 250;
const CLEAR_LINE = '\r\u001b[2K';

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

	write(lines: string): void {
		this.#output.write(CLEAR_LINE + lines);
		this.draw();
	}

	stop(): void {
		clearInterval(this.#timer);
		this.#output.write(CLEAR_LINE);
	}
}
