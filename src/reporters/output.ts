/** Where a reporter writes: a terminal, a pipe, a file. */
export interface Output {
	write(text: string): unknown;
}

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
