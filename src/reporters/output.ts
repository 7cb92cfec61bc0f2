/** Destination of a reporter: a terminal, a pipe, a file. */
export interface Output {
	write(text: string): unknown;
}

/** Terminal escape sequences: wrap long lines, cut them off, clear from the cursor to the end of the line. */
export const WRAP_LINES = '\u001b[?7h';
export const CUT_LINES = '\u001b[?7l';
export const CLEAR_REST_OF_LINE = '\u001b[K';

export interface Paint {
	good(text: string): string;
	bad(text: string): string;
	dim(text: string): string;
	strong(text: string): string;
}

export const NO_PAINT: Paint = {
	good: (text) => text,
	bad: (text) => text,
	dim: (text) => text,
	strong: (text) => text,
};

const REDRAW_MS = 250;
const CLEAR_LINE = '\r\u001b[2K';

/** The last line of a terminal, redrawn in place. */
export class LiveLine implements Output {
	readonly #output: Output;
	readonly #currentText: () => string;
	readonly #timer: NodeJS.Timeout;

	/** @param currentText - Returns one line; it is cut off at the width of the terminal. */
	constructor(output: Output, currentText: () => string) {
		this.#output = output;
		this.#currentText = currentText;
		this.#timer = setInterval(() => this.draw(), REDRAW_MS).unref();
	}

	draw(): void {
		this.#output.write(`${CLEAR_LINE}${CUT_LINES}${this.#currentText()}${WRAP_LINES}`);
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
