import type { Command } from 'commander';
import { rootOption } from '../options/content.ts';
import {
	addOptions,
	allOption,
	everyOption,
	type FlagsOf,
	flag,
	limitOption,
	option,
} from '../options/option.ts';
import { parseSeed, parseWhole } from '../options/values.ts';

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

const WHICH = 'a bundled scenario, or a file with one of your own';

export function addScenarioCommand(
	program: Command,
	run: {
		readonly list: () => Promise<void>;
		readonly show: (scenario: string) => Promise<void>;
		readonly check: (scenario: string, flags: CheckFlags) => Promise<void>;
		readonly plan: (scenario: string, codes: readonly string[], flags: PlanFlags) => Promise<void>;
	},
): void {
	const scenario = program
		.command('scenario')
		.summary('look at scenarios, check one, or plan what it leads to')
		.description('Scenarios say how the mock server behaves: look at them, check them, plan them.')
		.addHelpText('after', EXAMPLES);

	scenario.command('list').description('name the bundled scenarios').action(run.list);
	scenario
		.command('show')
		.description('print a scenario')
		.argument('<name|file>', WHICH)
		.action(run.show);
	const check = scenario
		.command('check')
		.description('find what is wrong with a scenario')
		.argument('<name|file>', WHICH);
	addOptions(check, checkOptions()).action(run.check);
	const plan = scenario
		.command('plan')
		.description('say what a correct client ends with')
		.argument('<name|file>', WHICH)
		.argument('[codes...]', 'as for get; none: the 20 most populous; with --root files');
	addOptions(plan, planOptions()).action(run.plan);
}

function checkOptions() {
	return {
		root: rootOption(),
		upstream: flag('--upstream', 'for a server in front of a service: serve --upstream <url>'),
	};
}

/** Options of `flagdl scenario check`, as written on the command line. */
export type CheckFlags = FlagsOf<ReturnType<typeof checkOptions>>;

function planOptions() {
	return {
		root: rootOption(),
		all: allOption(),
		every: everyOption(),
		limit: limitOption(),
		retry: option('--retry <n>', 'attempts after the first', parseWhole(0, 1000), 3),
		seed: option('--seed <n>', 'seed, instead of its own', parseSeed),
		concurrency: option(
			'-c, --concurrency <n>',
			'slots, to predict the time',
			parseWhole(1, 10_000),
			16,
		),
		json: flag('--json', 'print the whole plan as JSON'),
	};
}

/** Options of `flagdl scenario plan`, as written on the command line. */
export type PlanFlags = FlagsOf<ReturnType<typeof planOptions>>;
