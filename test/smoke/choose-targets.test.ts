import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../src/scenarios/load-scenario.ts';
import { planRun } from '../../src/scenarios/plan-run.ts';
import { chooseTargets } from '../../src/smoke/choose-targets.ts';

const scenarioOf = (name: string) => loadScenario(name, '.').scenario;

describe.each(['clean', 'flaky', 'hostile', 'liar', 'truncating', 'world'])(
	'the targets of %s',
	(name) => {
		const scenario = scenarioOf(name);

		it('are forty, in order, each once', () => {
			const codes = chooseTargets(scenario, 40, { retries: 3 });

			expect(codes).toEqual([...new Set(codes)].sort());
			expect(codes.length).toBe(40);
		});

		it('meet every rule that claims an attempt', () => {
			const plan = planRun(scenario, chooseTargets(scenario, 40, { retries: 3 }), { retries: 3 });
			const met = plan.targets.flatMap(({ attempts }) => attempts.map(({ rule }) => rule));

			const claiming = scenario.rules
				.filter(({ action }) => action.type !== 'delay' && action.type !== 'bandwidth')
				.map(({ id }) => id);
			expect(claiming.filter((id) => !met.includes(id))).toEqual([]);
		});
	},
);

it('has flags that are only slowed down, too', () => {
	const codes = chooseTargets(scenarioOf('hostile'), 40, { retries: 3 });
	const rules = scenarioOf('hostile').rules.filter(({ id }) => id === 'pause');
	const slowed = chooseTargets({ ...scenarioOf('hostile'), rules }, 2, { retries: 3 });

	expect(slowed.some((code) => codes.includes(code))).toBe(true);
});

it('is the same list for the same scenario, and a shorter one where fewer are wanted', () => {
	expect(chooseTargets(scenarioOf('flaky'), 5, { retries: 3 })).toEqual(
		chooseTargets(scenarioOf('flaky'), 5, { retries: 3 }),
	);
	expect(chooseTargets(scenarioOf('flaky'), 5, { retries: 3 }).length).toBe(5);
	expect(chooseTargets(scenarioOf('flaky'), 676, { retries: 3 }).length).toBe(249);
});
