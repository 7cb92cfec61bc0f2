/** Where a reporter writes: a terminal, a pipe, a file. */
export interface Output {
	write(text: string): unknown;
}

/** What a terminal is told: to wrap lines or to cut them off, and to clear what follows the cursor. */
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
