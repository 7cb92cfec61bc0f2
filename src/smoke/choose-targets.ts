import { createDecide } from '../scenarios/decide.ts';
import { type PlanOptions, planRun } from '../scenarios/plan-run.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { FLAGS, type ServedFiles } from '../scenarios/served-files.ts';

/** Of each rule, so that one that behaves by chance does not hide the others. */
const PER_RULE = 2;

/**
 * Chooses files so that every rule of the scenario is met, with some that meet none: the first forty
 * of the alphabet would miss most. The same on every machine.
 *
 * @returns Codes of flags in upper case, or paths; alphabetically.
 */
export function chooseTargets(
	scenario: Scenario,
	count: number,
	{ retries, files = FLAGS }: Pick<PlanOptions, 'retries' | 'files'>,
): string[] {
	const chosen = new Set<string>();
	const affected = affectedByRule(scenario, files, retries);
	for (let round = 0; round < PER_RULE; round += 1) {
		for (const codes of affected.values()) {
			const next = codes.find((code) => !chosen.has(code));
			if (next !== undefined && chosen.size < count) {
				chosen.add(next);
			}
		}
	}

	const anyRule = new Set([...affected.values()].flat());
	const others = files.selectable.map(idIn(files));
	for (const id of [...others.filter((other) => !anyRule.has(other)), ...others]) {
		if (chosen.size >= count) {
			break;
		}
		chosen.add(id);
	}
	return [...chosen].sort();
}

/** Who meets a rule, by its id, in file order of the rules; those that are the fault of one rule alone first. */
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
			const ids = [...pure, ...met].map(({ path }) => idIn(files)(path));
			return [id, [...new Set([...ids, ...(slowed.get(id) ?? [])])]];
		}),
	);
}

/** Delays and bandwidths claim no attempt: a plan does not name them. */
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
				return [rule.id, paths.map(idIn(files))];
			}),
	);
}

/** Flags are called by their codes: `/flags/br/br.gif` is `BR`. */
function idIn(files: ServedFiles): (path: string) => string {
	return (path) => (files === FLAGS ? (path.split('/')[2] ?? '').toUpperCase() : path);
}
