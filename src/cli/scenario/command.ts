import type { Command } from 'commander';
import type { ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';
import { addOptions } from '../options/option.ts';
import { type CheckFlags, checkOptions, type PlanFlags, planOptions } from './options.ts';

const EXAMPLES = `
Examples:
  flagdl scenario list
  flagdl scenario show flaky > mine.json  a start for one of your own
  flagdl scenario check mine.json
  flagdl scenario check mine.json --upstream
  flagdl scenario plan flaky -a           what get --scenario flaky -a will meet
  flagdl scenario plan mine.json br cn --retry 0 --json
  flagdl scenario plan flaky --root dist  for flagdl serve --root dist

A JSON Schema comes with the package: flagdl/schemas/scenario.schema.json

Exit codes: 0 good, 2 not a valid scenario, 3 check: it does not lead to what it
expects.`;

export function addScenarioCommand(program: Command, io: Io, done: (code: ExitCode) => void): void {
	const scenario = program
		.command('scenario')
		.summary('look at scenarios, check one, or plan what it leads to')
		.description('Scenarios say how the mock server behaves: look at them, check them, plan them.')
		.addHelpText('after', EXAMPLES);

	scenario
		.command('list')
		.description('name the bundled scenarios')
		.action(async () => {
			const { listScenarios } = await import('./scenario.ts');
			done(listScenarios(io));
		});
	scenario
		.command('show')
		.description('print a scenario')
		.argument('<name|file>')
		.action(async (name: string) => {
			const { showScenario } = await import('./scenario.ts');
			done(showScenario(name, io));
		});
	const check = scenario
		.command('check')
		.description('find what is wrong with a scenario')
		.argument('<name|file>');
	addOptions(check, checkOptions()).action(async (name: string, flags: CheckFlags) => {
		const { checkScenario } = await import('./scenario.ts');
		done(await checkScenario(name, flags, io));
	});
	const plan = scenario
		.command('plan')
		.description('say what a correct client ends with')
		.argument('<name|file>')
		.argument('[codes...]', 'as for get; none: the 20 most populous; with --root files');
	addOptions(plan, planOptions()).action(
		async (name: string, codes: string[], flags: PlanFlags) => {
			const { planScenario } = await import('./scenario.ts');
			done(await planScenario(name, codes, flags, io));
		},
	);
}
