import { draw } from './draw.ts';
import { matches, matchingFlags } from './matching.ts';
import type { Rule } from './scenario.ts';

export interface CompiledRule {
	readonly rule: Rule;
	readonly selects: (path: string, attempt: number) => boolean;
}

/** Computes once what does not depend on the attempt. */
export function compileRule(rule: Rule, seed: number, codes: readonly string[]): CompiledRule {
	const { from, to = Number.POSITIVE_INFINITY } = rule.attempts;
	const isChosen = chooser(rule, seed, codes);

	return {
		rule,
		selects: (path, attempt) => attempt >= from && attempt <= to && isChosen(path, attempt),
	};
}

function chooser(
	{ id, match, select }: Rule,
	seed: number,
	codes: readonly string[],
): CompiledRule['selects'] {
	const roll = (path: string, attempt: number) =>
		draw({ seed, rule: id, path, attempt, dimension: 'select' });

	if (select === undefined) {
		return (path) => matches(match, path);
	}
	if ('probability' in select) {
		return (path, attempt) => matches(match, path) && roll(path, attempt) < select.probability;
	}

	// Those with the lowest hash: an exact number, whatever the seed.
	const ranked = matchingFlags(match, codes)
		.map((path) => ({ path, rank: roll(path, 0) }))
		.sort((a, b) => a.rank - b.rank);
	const chosen = new Set(ranked.slice(0, select.exactly).map(({ path }) => path));
	return (path) => chosen.has(path);
}
