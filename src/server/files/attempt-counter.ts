/** Runs whose counts are kept; those not heard of for longest go first. */
const RUNS_MAX = 64;

/** Counts attempts for each run and path, from 1. */
export class AttemptCounter {
	readonly #maxPaths: number;
	readonly #runs = new Map<string, Run>();
	#last: { readonly name: string; readonly run: Run } | undefined;

	/** @param maxPaths - Of a run, where there is no end of paths; those asked for first go first. */
	constructor(maxPaths = Number.POSITIVE_INFINITY) {
		this.#maxPaths = maxPaths;
	}

	next(name: string, path: string): number {
		const { attempts } = this.#run(name);
		const attempt = (attempts.get(path) ?? 0) + 1;
		attempts.set(path, attempt);
		if (attempts.size > this.#maxPaths) {
			const [oldest = ''] = attempts.keys();
			attempts.delete(oldest);
		}
		return attempt;
	}

	/**
	 * Whether this attempt is to meet a keep-alive race: once, and then it is given back, as the client
	 * repeats it for free and it keeps its number.
	 */
	race(name: string, path: string, attempt: number): boolean {
		const { attempts, raced } = this.#run(name);
		if (raced.get(path) === attempt) {
			return false;
		}
		raced.set(path, attempt);
		attempts.set(path, (attempts.get(path) ?? 1) - 1);
		return true;
	}

	reset(): void {
		this.#runs.clear();
		this.#last = undefined;
	}

	#run(name: string): Run {
		if (this.#last?.name === name) {
			return this.#last.run;
		}

		const run = this.#runs.get(name) ?? { attempts: new Map(), raced: new Map() };
		// Put at the end again: a Map keeps its order, and the first is the one to go.
		this.#runs.delete(name);
		this.#runs.set(name, run);
		if (this.#runs.size > RUNS_MAX) {
			const [oldest = ''] = this.#runs.keys();
			this.#runs.delete(oldest);
		}
		this.#last = { name, run };
		return run;
	}
}

interface Run {
	/** By path: how many so far. */
	readonly attempts: Map<string, number>;
	/** By path: the last attempt that was raced. */
	readonly raced: Map<string, number>;
}
