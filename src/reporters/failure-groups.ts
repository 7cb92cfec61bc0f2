import type { Outcome } from '../download/outcome.ts';

/** Targets that failed for one cause. */
export interface FailureGroup {
	readonly code: string;
	/** Of the first of them. */
	readonly message: string;
	readonly count: number;
	/** The first of them, at most as many as were asked to be kept. */
	readonly outcomes: readonly Outcome[];
	/** What was asked for, of all of them, while these are country codes. */
	readonly codes: readonly string[];
}

type Growing = {
	-readonly [Key in keyof FailureGroup]: FailureGroup[Key] extends readonly (infer Item)[]
		? Item[]
		: FailureGroup[Key];
};

/**
 * Groups failures by their code, in bounded memory: a million of them keep a few each. Country
 * codes are kept all, since there are no more than 676.
 */
export class FailureGroups {
	readonly #kept: number;
	readonly #groups = new Map<string, Growing>();

	/** @param kept - Number of outcomes to keep in each group. */
	constructor(kept: number) {
		this.#kept = kept;
	}

	/** Takes any outcome; only failures count. */
	add(outcome: Outcome): void {
		const { failure, target } = outcome;
		if (failure === undefined) {
			return;
		}

		const { code, message } = failure;
		const group = this.#groups.get(code) ?? { code, message, count: 0, outcomes: [], codes: [] };
		this.#groups.set(code, group);
		group.count += 1;
		if (group.outcomes.length < this.#kept) {
			group.outcomes.push(outcome);
		}
		if (/^[A-Z]{2}$/.test(target.id)) {
			group.codes.push(target.id);
		}
	}

	/** The largest group last, where a terminal ends; equal ones in order of their first failure. */
	sorted(): readonly FailureGroup[] {
		return [...this.#groups.values()].sort((a, b) => a.count - b.count);
	}
}
