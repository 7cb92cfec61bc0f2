import { createDecide } from '../scenarios/decide.ts';
import { planRun } from '../scenarios/plan-run.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { flagCodes, flagPath } from '../scenarios/served-files.ts';

/** Of each rule, so that one that behaves by chance does not hide the others. */
const PER_RULE = 2;

/**
 * Chooses flags so that every rule of the scenario is met, with some that meet none: the first forty
 * of the alphabet would miss most. The same on every machine.
 *
 * @returns Codes in upper case, alphabetically.
 */
export function chooseTargets(scenario: Scenario, count: number, retries: number): string[] {
	const chosen = new Set<string>();
	const affected = affectedByRule(scenario, retries);
	for (let round = 0; round < PER_RULE; round += 1) {
		for (const codes of affected.values()) {
			const next = codes.find((code) => !chosen.has(code));
			if (next !== undefined && chosen.size < count) {
				chosen.add(next);
			}
		}
	}

	const anyRule = new Set([...affected.values()].flat());
	const others = flagCodes().map((code) => code.toUpperCase());
	for (const code of [...others.filter((other) => !anyRule.has(other)), ...others]) {
		if (chosen.size >= count) {
			break;
		}
		chosen.add(code);
	}
	return [...chosen].sort();
}

/** Who meets a rule, by its id, in file order of the rules; those that are the fault of one rule alone first. */
function affectedByRule(scenario: Scenario, retries: number): ReadonlyMap<string, string[]> {
	const plan = planRun(scenario, flagCodes(), { retries });
	const slowed = modifiedBy(scenario);
	return new Map(
		scenario.rules.map(({ id }) => {
			const met = plan.targets.filter(({ attempts }) => attempts.some(({ rule }) => rule === id));
			const pure = met.filter(({ attempts }) =>
				attempts.every(({ rule }) => rule === undefined || rule === id),
			);
			const codes = [...pure, ...met].map((target) => target.id.toUpperCase());
			return [id, [...new Set([...codes, ...(slowed.get(id) ?? [])])]];
		}),
	);
}

/** Delays and bandwidths claim no attempt: a plan does not name them. */
function modifiedBy(scenario: Scenario): ReadonlyMap<string, string[]> {
	return new Map(
		scenario.rules
			.filter(({ action }) => action.type === 'delay' || action.type === 'bandwidth')
			.map((rule) => {
				const decide = createDecide({ ...scenario, limits: {}, rules: [rule] });
				const without = createDecide({ ...scenario, limits: {}, rules: [] });
				const codes = flagCodes().filter((code) => {
					const path = flagPath(code);
					return JSON.stringify(decide(path, 1)) !== JSON.stringify(without(path, 1));
				});
				return [rule.id, codes.map((code) => code.toUpperCase())];
			}),
	);
}
