import { FinderError } from './finder-error.ts';

export interface FinderLimits {
	readonly connectTimeoutMs: number;
	readonly stallTimeMs: number;
	/** Longest time that the server may keep one search waiting, all its waits added up. */
	readonly totalTimeMs: number;
	/** Far beyond any list of countries. */
	readonly maxMatches: number;
}

export const FINDER_LIMITS: FinderLimits = {
	connectTimeoutMs: 10_000,
	stallTimeMs: 15_000,
	totalTimeMs: 60_000,
	maxMatches: 100_000,
};

/** Keeps one search from going on for ever because its server does. */
export class SearchBounds {
	readonly #server: string;
	readonly #limits: FinderLimits;
	#waitedMs = 0;
	#matches = 0;

	constructor(server: string, limits: FinderLimits) {
		this.#server = server;
		this.#limits = limits;
	}

	/**
	 * Waits for the server. The time between two waits does not count: it is that of who reads the output.
	 *
	 * @param giveUp - Ends the work with this error when the time is used up.
	 */
	async wait<T>(work: Promise<T>, giveUp: (error: FinderError) => void): Promise<T> {
		const { totalTimeMs } = this.#limits;
		const startMs = performance.now();
		const late = `the response of ${this.#server} was not complete within ${totalTimeMs / 1000} s`;
		const timer = setTimeout(() => giveUp(new FinderError(late)), totalTimeMs - this.#waitedMs);
		try {
			return await work;
		} finally {
			clearTimeout(timer);
			this.#waitedMs += performance.now() - startMs;
		}
	}

	/** @throws {FinderError} When there are too many. */
	count(matches: number): void {
		this.#matches += matches;
		if (this.#matches > this.#limits.maxMatches) {
			throw new FinderError(`${this.#server} sent more than ${this.#limits.maxMatches} matches`);
		}
	}
}
