import { UsageError } from '../util/usage-error.ts';

const MOST_SHOWN = 20;

/** Collects what is wrong with an input, so that all of it is told at once and nothing is held. */
export class Problems {
	#count = 0;
	readonly #shown: string[] = [];

	/** @param where - `list.txt:14`. */
	add(where: string, problem: string): void {
		this.#count += 1;
		if (this.#shown.length < MOST_SHOWN) {
			this.#shown.push(`${where}: ${problem}`);
		}
	}

	/**
	 * @param count - How many there are, where that is known better.
	 * @throws {UsageError} With every problem up to the twentieth, and how many there are.
	 */
	throwIfAny(count: number = this.#count): void {
		if (this.#count === 0) {
			return;
		}

		const more = count - this.#shown.length;
		const last =
			more > 0
				? [`… and ${more.toLocaleString('en')} more (${count.toLocaleString('en')} in all)`]
				: [];
		throw new UsageError([...this.#shown, ...last].join('\n'));
	}
}
