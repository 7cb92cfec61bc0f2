import pLimit from 'p-limit';

/** The right to have one request in flight; as many as the concurrency. */
export interface Slots {
	/** Runs the work as soon as a slot is free. */
	run<Arguments extends unknown[], T>(
		work: (...given: Arguments) => Promise<T>,
		...given: Arguments
	): Promise<T>;
	/** The process has no file descriptor left: from now on with fewer slots. */
	reduceLimit(): void;
}

/** p-limit is the semaphore. */
export function createSlots(concurrency: number): Slots {
	const limit = pLimit(concurrency);
	return {
		run: (work, ...given) => limit(work, ...given),
		reduceLimit() {
			limit.concurrency = Math.max(1, Math.floor(limit.activeCount * 0.75));
		},
	};
}
