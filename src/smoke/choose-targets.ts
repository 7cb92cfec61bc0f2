import { createDecide } from '../scenarios/decide.ts';
import { type PlanOptions, planRun } from '../scenarios/plan-run.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { FLAGS, type ServedFiles } from '../scenarios/served-files.ts';

/** Targets for each rule, so that a rule that applies at random does not hide the others. */
const TARGETS_PER_RULE = 2;

/**
 * Chooses files so that every rule of the scenario matches some and some match no rule: the first forty in
 * the alphabet would miss most rules. The choice is the same on every machine.
 *
 * @returns Upper-case codes of flags, or paths; sorted.
 */
export function chooseTargets(
	scenario: Scenario,
	count: number,
	{ retries, files = FLAGS }: Pick<PlanOptions, 'retries' | 'files'>,
): string[] {
	const chosen = new Set<string>();
	const affected = affectedByRule(scenario, files, retries);
	for (let round = 0; round < TARGETS_PER_RULE; round += 1) {
		for (const codes of affected.values()) {
			const next = codes.find((code) => !chosen.has(code));
			if (next !== undefined && chosen.size < count) {
				chosen.add(next);
			}
		}
	}

	const anyRule = new Set([...affected.values()].flat());
	const others = files.selectable.map(targetIdIn(files));
	for (const id of [...others.filter((other) => !anyRule.has(other)), ...others]) {
		if (chosen.size >= count) {
			break;
		}
		chosen.add(id);
	}
	return [...chosen].sort();
}

/** Affected targets by rule id, in order of the rules; targets affected by that rule alone come first. */
function affectedByRule(
	scenario: Scenario,
	files: ServedFiles,
	retries: number,
): ReadonlyMap<string, string[]> {
	const plan = planRun(scenario, files.selectable, { retries, files });
	const slowed = modifiedBy(scenario, files);
	return new Map(
		scenario.rules.map(({ id }) => {
			const met = plan.targets.filter(({ attempts }) => attempts.some(({ rule }) => rule === id));
			const pure = met.filter(({ attempts }) =>
				attempts.every(({ rule }) => rule === undefined || rule === id),
			);
			const ids = [...pure, ...met].map(({ path }) => targetIdIn(files)(path));
			return [id, [...new Set([...ids, ...(slowed.get(id) ?? [])])]];
		}),
	);
}

/** Targets of delay and bandwidth rules, which claim no attempt and so do not appear in a plan. */
function modifiedBy(scenario: Scenario, files: ServedFiles): ReadonlyMap<string, string[]> {
	return new Map(
		scenario.rules
			.filter(({ action }) => action.type === 'delay' || action.type === 'bandwidth')
			.map((rule) => {
				const decide = createDecide({ ...scenario, limits: {}, rules: [rule] }, files);
				const without = createDecide({ ...scenario, limits: {}, rules: [] }, files);
				const paths = files.selectable.filter(
					(path) => JSON.stringify(decide(path, 1)) !== JSON.stringify(without(path, 1)),
				);
				return [rule.id, paths.map(targetIdIn(files))];
			}),
	);
}

/** Id of a target: flags have their code, `BR` for `/flags/br/br.gif`. */
function targetIdIn(files: ServedFiles): (path: string) => string {
	return (path) => (files === FLAGS ? (path.split('/')[2] ?? '').toUpperCase() : path);
}
