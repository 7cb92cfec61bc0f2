import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXPORTS } from '../../bench/report/exports.ts';
import { LOCAL_STRATEGY_NAMES } from '../../strategies/names.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';
import { repeated } from '../repeated.ts';
import { parseList, parseWholes } from '../values/parse-list.ts';
import { parseRate } from '../values/parse-rate.ts';
import { parseWhole } from '../values/parse-whole.ts';
import type { BenchFlags } from './flags.ts';

const EXAMPLES = `
Examples:
  flagdl bench                            120 flags by 3 strategies, 7 rounds
  flagdl bench --quick --html bench.html  3 rounds, and a page with pictures
  flagdl bench --scenario flaky -c 8,32 --strategies threads,async
  flagdl bench --peer curl,aria2c,wget2,xargs --html bench.html
  flagdl bench -i list.txt --rate 20/s    your list, at a low rate
  flagdl bench --threshold 'speedup.lo{strategy: async, c: 32} >= 5x'

Each run is a fresh process of flagdl get, in an order shuffled anew in each
round; the bundled server is another process. Speed-ups are compared within
rounds, with 95 % intervals. The last line says what to use: as few slots as are
as fast as any, and of the strategies that are equally fast there the one that
takes the least processor time.

Exit codes: 0 measured, 1 some run failed, 2 usage, 3 a threshold was missed,
4 could not run, 129, 130 and 143 interrupted.`;

/** Not defaults of the options, since help would show them. */
const NOT_GIVEN = { input: [], peer: [], threshold: [], thresholdFile: [] };

export function addBenchCommand(program: Command, io: Io, done: (code: ExitCode) => void): void {
	const command = program
		.command('bench')
		.summary('compare the strategies on the same work')
		.description(
			'Compare the strategies on the same work: which is faster, by how much, how certain, and why.',
		)
		.argument('[codes...]', 'as for get; without codes, -a, -e and -i: -a -l 120')
		.addHelpText('after', EXAMPLES);
	for (const option of options()) {
		command.addOption(option);
	}
	command.action(async (codes: string[], flags: BenchFlags) => {
		const { bench } = await import('./bench.ts');
		done(await bench(codes, { ...NOT_GIVEN, ...flags }, io));
	});
}

function options(): readonly Option[] {
	return [
		new Option('-a, --all', 'all 249 countries of ISO 3166-1'),
		new Option('-e, --every', 'all 676 pairs of letters, AA to ZZ'),
		new Option('-l, --limit <n>', 'only the first n targets').argParser(parseWhole(1, 1_000_000)),
		repeated('-i, --input <file>', 'a list with one code or URL per line'),
		new Option(
			'--strategies <list>',
			'strategies, separated by commas; one named twice is compared with itself',
		)
			.argParser(parseList)
			.default(LOCAL_STRATEGY_NAMES, LOCAL_STRATEGY_NAMES.join()),
		new Option('-c, --concurrency <list>', 'numbers of slots, separated by commas')
			.argParser(parseWholes(1, 10_000))
			.default([1, 8, 32], '1,8,32'),
		new Option(
			'--threads <n>',
			'worker threads of the strategy threads (default: cores)',
		).argParser(parseWhole(1, 1000)),
		new Option('--scenario <name|file>', 'how the bundled server behaves (default: clean)'),
		new Option('--seed <n>', 'seed of the order, the faults and the back-off').argParser(
			parseWhole(0, 4_294_967_295),
		),
		new Option('--rounds <n>', 'runs per cell (default: 7)').argParser(parseWhole(1, 100)),
		new Option('--quick', '3 rounds, for a first look').conflicts('rounds'),
		new Option('--margin <percent>', 'ignore smaller differences of times (default: 2%)').argParser(
			parseShare,
		),
		new Option('--rate <n/time>', 'request rate: 20/s').argParser(parseRate),
		new Option(
			'--peer <list>',
			'other programs to compare with, if installed: curl,aria2c,wget2,xargs',
		).argParser(parseList),
		repeated(
			'--threshold <expression>',
			"fail unless this holds, such as 'speedup.lo{strategy: async} >= 5x'",
		),
		repeated('--threshold-file <file>', 'thresholds with the reason for each, as JSON'),
		...Object.entries(EXPORTS).map(([kind, { help }]) => new Option(`--${kind} <file>`, help)),
	];
}

/**
 * Reads a percentage below 100, such as `2%` or `0.5 %`.
 *
 * @returns The share: 0.02.
 * @throws {InvalidArgumentError}
 */
function parseShare(text: string): number {
	const [, percent = ''] = /^(\d{1,2}(?:\.\d{1,6})?) ?%$/.exec(text) ?? [];
	if (percent === '') {
		throw new InvalidArgumentError('a percentage below 100, such as 2% or 0.5%');
	}
	return Number(percent) / 100;
}
