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
import { parseSeed, parseSlots, parseWhole } from '../options/values.ts';

const EXAMPLES = `
Examples:
  flagdl scenario list
  flagdl scenario show flaky > mine.json  a starting point for your own
  flagdl scenario check mine.json
  flagdl scenario check mine.json --upstream
  flagdl scenario plan flaky -a           what get --scenario flaky -a will meet
  flagdl scenario plan mine.json br cn --retry 0 --json
  flagdl scenario plan flaky --root dist  for flagdl serve --root dist

The package includes a JSON Schema: flagdl/schemas/scenario.schema.json

Exit codes: 0 valid, 2 not a valid scenario, 3 check: the plan differs from what
the scenario expects.`;

const WHICH = 'a bundled scenario, or a file of your own';

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
		.summary('list, show, check or plan scenarios of the mock server')
		.description('List, show, check or plan scenarios, which define how the mock server behaves.')
		.addHelpText('after', EXAMPLES);

	scenario.command('list').description('list the bundled scenarios').action(run.list);
	scenario
		.command('show')
		.description('print a scenario')
		.argument('<name|file>', WHICH)
		.action(run.show);
	const check = scenario
		.command('check')
		.description('report what is wrong with a scenario')
		.argument('<name|file>', WHICH);
	addOptions(check, checkOptions()).action(run.check);
	const plan = scenario
		.command('plan')
		.description('predict the result of a correct client')
		.argument('<name|file>', WHICH)
		.argument('[codes...]', 'as for get; with --root, files (default: the 20 most populous)');
	addOptions(plan, planOptions()).action(run.plan);
}

function checkOptions() {
	return {
		root: rootOption(),
		upstream: flag('--upstream', 'check it for use with serve --upstream <url>'),
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
		seed: option('--seed <n>', 'seed to use instead of its own', parseSeed),
		concurrency: option(
			'-c, --concurrency <n>',
			'requests in flight, to predict the time',
			parseSlots,
			16,
		),
		json: flag('--json', 'print the whole plan as JSON'),
	};
}

/** Options of `flagdl scenario plan`, as written on the command line. */
export type PlanFlags = FlagsOf<ReturnType<typeof planOptions>>;
