import type { Command } from 'commander';
import { EXPORTS } from '../../bench/report/exports.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';
import { addOptions } from '../options/option.ts';
import { type BenchFlags, benchOptions } from './options.ts';

const EXAMPLES = `
Examples:
  flagdl bench                            120 flags by 3 strategies, 7 rounds
  flagdl bench --quick --html bench.html  3 rounds, and a page with pictures
  flagdl bench --scenario flaky -c 8,32 --strategies threads,async
  flagdl bench --peer curl,aria2c,wget2,xargs --html bench.html
  flagdl bench -i list.txt --rate 20/s    your list, at a low rate
  flagdl bench --root dist --tls          files of yours, over HTTPS
  flagdl bench --threshold 'speedup.lo{strategy: async, c: 32} >= 5x'

Each run is a fresh process of flagdl get, in an order shuffled anew in each
round; the bundled server is another process. Speed-ups are compared within
rounds, with 95 % intervals. The last line says what to use: the fewest slots
that are as fast as any, within --margin, and of the strategies that are equally
fast there the one that takes the least processor time.

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
		.argument('[codes...]', 'as for get; none: -a -l 120; with --root files')
		.addHelpText('after', EXAMPLES);
	addOptions(command, benchOptions());
	for (const [kind, { help }] of Object.entries(EXPORTS)) {
		command.option(`--${kind} <file>`, help);
	}
	command.action(async (codes: string[], flags: BenchFlags) => {
		const { bench } = await import('./bench.ts');
		done(await bench(codes, { ...NOT_GIVEN, ...flags }, io));
	});
}
