/** What a spinner thread is told when it begins. */
export interface SpinnerOrder {
	/** Of the terminal. A worker's own `process.stderr` would wait for the main thread. */
	readonly fd: number;
	readonly text: string;
	/** One element: 0 turns, 1 stops. */
	readonly flag: Int32Array<SharedArrayBuffer>;
}
