import { type Command, InvalidArgumentError } from 'commander';
import { EXPORTS, type ExportKind } from '../../bench/report/exports.ts';
import { LOCAL_STRATEGY_NAMES } from '../../strategies/names.ts';
import { rootOption } from '../options/content.ts';
import {
	addOptions,
	allOption,
	everyOption,
	type FlagsOf,
	flag,
	inputOption,
	limitOption,
	option,
	type Typed,
	threadsOption,
	thresholdOptions,
	tlsOption,
} from '../options/option.ts';
import { parseList, parseRate, parseSeed, parseSlotCounts, parseWhole } from '../options/values.ts';

const EXAMPLES = `
Examples:
  flagdl bench                            120 flags by 3 strategies, 7 rounds
  flagdl bench --quick --html bench.html  3 rounds, and a page with pictures
  flagdl bench --scenario flaky -c 8,32 --strategies threads,async
  flagdl bench --peer curl,aria2c,wget2,xargs --html bench.html
  flagdl bench -i list.txt --rate 20/s    your list, at a low rate
  flagdl bench --root dist --tls          your files, over HTTPS
  flagdl bench --threshold 'speedup.lo{strategy: async, c: 32} >= 5x'

Each run is a fresh process of flagdl get, in an order that is shuffled in each
round; the bundled server is another process. Speed-ups are compared within
rounds, with 95 % intervals. The last line recommends the fewest slots that are
as fast as any, within --margin. If several strategies are equally fast there,
it recommends the one with the least processor time.

Exit codes: 0 measured, 1 some run failed, 2 usage, 3 a threshold was missed,
4 could not run, 129, 130 and 143 interrupted.`;

/** Applied after parsing: as option defaults they would appear in help. */
const NOT_GIVEN = { input: [], peer: [], threshold: [], thresholdFile: [] };

export function addBenchCommand(
	program: Command,
	run: (codes: readonly string[], flags: BenchFlags) => Promise<void>,
): void {
	const command = program
		.command('bench')
		.summary('compare the strategies on the same work')
		.description(
			'Compare the strategies on the same work: which is faster, by how much, how certain, and why.',
		)
		.argument('[codes...]', 'as for get; with --root, files (default: -a -l 120)')
		.addHelpText('after', EXAMPLES);
	addOptions(command, benchOptions());
	for (const [kind, { help }] of Object.entries(EXPORTS)) {
		command.option(`--${kind} <file>`, help);
	}
	command.action((codes: string[], flags: BenchFlags) => run(codes, { ...NOT_GIVEN, ...flags }));
}

function benchOptions() {
	return {
		all: allOption(),
		every: everyOption(),
		limit: limitOption(),
		input: inputOption(),
		strategies: option<readonly string[]>(
			'--strategies <list>',
			'strategies, separated by commas; one named twice is compared with itself',
			parseList,
			LOCAL_STRATEGY_NAMES,
			LOCAL_STRATEGY_NAMES.join(),
		),
		concurrency: option(
			'-c, --concurrency <list>',
			'numbers of slots, separated by commas',
			parseSlotCounts,
			[1, 8, 32],
			'1,8,32',
		),
		threads: threadsOption(),
		scenario: option('--scenario <name|file>', 'how the bundled server behaves (default: clean)'),
		root: rootOption(),
		tls: tlsOption(),
		seed: option('--seed <n>', 'seed of the order, the faults and the back-off', parseSeed),
		rounds: option('--rounds <n>', 'runs per cell (default: 7)', parseWhole(1, 100)),
		quick: flag('--quick', '3 rounds, for a first look').conflicts('rounds'),
		margin: option(
			'--margin <percent>',
			'ignore smaller time differences (default: 2%)',
			parseShare,
		),
		rate: option('--rate <n/time>', 'request rate: 20/s', parseRate),
		// Empty if absent; as an option default it would appear in help.
		peer: option(
			'--peer <list>',
			'other programs to compare with, if installed: curl,aria2c,wget2,xargs',
			parseList,
		) as Typed<readonly string[]>,
		...thresholdOptions('speedup.lo{strategy: async} >= 5x'),
	};
}

/** Options of `flagdl bench`, as written on the command line; `margin` is a share. */
export type BenchFlags = FlagsOf<ReturnType<typeof benchOptions>> &
	Readonly<Partial<Record<ExportKind, string>>>;

/** Reads a percentage below 100, such as `2%` or `0.5 %`, as a share: 0.02. */
function parseShare(text: string): number {
	const [, percent = ''] = /^(\d{1,2}(?:\.\d{1,6})?) ?%$/.exec(text) ?? [];
	if (percent === '') {
		throw new InvalidArgumentError('a percentage below 100, such as 2% or 0.5%');
	}
	return Number(percent) / 100;
}
