/** Runs whose counts are kept; those not heard of for longest go first. */
const RUNS_MAX = 256;

/** Counts attempts for each run and path, from 1. Only known paths come here, so a run is bounded too. */
export class AttemptCounter {
	readonly #runs = new Map<string, Map<string, Count>>();
	#last: { readonly run: string; readonly paths: Map<string, Count> } | undefined;

	next(run: string, path: string): number {
		const count = this.#count(run, path);
		count.attempts += 1;
		return count.attempts;
	}

	/**
	 * Whether this attempt is to meet a keep-alive race: once, and then it is given back, as the client
	 * repeats it for free and it keeps its number.
	 */
	race(run: string, path: string, attempt: number): boolean {
		const count = this.#count(run, path);
		if (count.raced === attempt) return false;
		count.raced = attempt;
		count.attempts -= 1;
		return true;
	}

	reset(): void {
		this.#runs.clear();
		this.#last = undefined;
	}

	#count(run: string, path: string): Count {
		const paths = this.#paths(run);
		let count = paths.get(path);
		if (count === undefined) {
			count = { attempts: 0, raced: 0 };
			paths.set(path, count);
		}
		return count;
	}

	#paths(run: string): Map<string, Count> {
		if (this.#last?.run === run) return this.#last.paths;
		const paths = this.#runs.get(run) ?? new Map<string, Count>();
		this.#last = { run, paths };
		// Put at the end again: a Map keeps its order, and the first is the one to go.
		this.#runs.delete(run);
		this.#runs.set(run, paths);
		if (this.#runs.size > RUNS_MAX) {
			const [oldest = ''] = this.#runs.keys();
			this.#runs.delete(oldest);
		}
		return paths;
	}
}

interface Count {
	attempts: number;
	/** The last attempt that was raced; 0 where none was. */
	raced: number;
}
