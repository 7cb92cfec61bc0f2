import { rootOption } from '../options/content.ts';
import { type FlagsOf, flag, option } from '../options/option.ts';
import { parseWhole } from '../options/values.ts';

export function checkOptions() {
	return {
		root: rootOption(),
		upstream: flag('--upstream', 'for a server in front of a service: serve --upstream <url>'),
	};
}

/** Options of `flagdl scenario check`, as written on the command line. */
export type CheckFlags = FlagsOf<ReturnType<typeof checkOptions>>;

export function planOptions() {
	return {
		root: rootOption(),
		all: flag('-a, --all', 'all 249 countries'),
		every: flag('-e, --every', 'all 676 pairs of letters'),
		limit: option('-l, --limit <n>', 'only the first n targets', parseWhole(1, 1000)),
		retry: option('--retry <n>', 'attempts after the first', parseWhole(0, 1000), 3),
		seed: option('--seed <n>', 'seed, instead of its own', parseWhole(0, 4_294_967_295)),
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
