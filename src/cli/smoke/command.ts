import type { Command } from 'commander';
import { reportKindsHelp } from '../../reporters/files/report-kinds.ts';
import { REPORT_KINDS } from '../../smoke/report/kinds.ts';
import { LOCAL_STRATEGY_NAMES } from '../../strategies/names.ts';
import { rootOption } from '../options/content.ts';
import {
	addOptions,
	allOption,
	checksumsOption,
	type FlagsOf,
	flag,
	group,
	option,
	repeated,
	type Typed,
	thresholdOptions,
	tlsOption,
} from '../options/option.ts';
import {
	parseDuration,
	parseList,
	parseSeed,
	parseSlotCounts,
	parseWhole,
} from '../options/values.ts';

const EXAMPLES = `
Examples:
  flagdl smoke      5 scenarios by 3 strategies
  flagdl smoke --scenario flaky --strategies async --junit out.xml
  flagdl smoke --client 'curl -fsSLZ --retry 3 --remote-name-all {urls}'
  flagdl smoke --client "python3 $PWD/my_client.py"
  flagdl smoke --server https://flags.example.org/flags br cn in
  flagdl smoke --scenario flaky --threshold 'plan.diff == 0'
  flagdl smoke --root dist --client "python3 $PWD/my_client.py"
  flagdl smoke --tls --client 'curl -fsSZ --retry 3 --remote-name-all {urls}'

The shell runs a client in the folder that the client must save to: a flag as
<cc>.gif, a file of --root under its relative path, or flat if no two have the
same name. The command may contain {urls}, {list} (a file with one URL per
line), {base} and {dir}, quoted or not. Its environment has FLAGDL_LIST,
FLAGDL_BASE_URL and FLAGDL_OUTPUT_DIR; with --tls also FLAGDL_CACERT and the
variables that tell curl, Node, OpenSSL and Python what to trust. In a script
for another shell, as in 'sh -c "…"', use these variables: that shell would
interpret special characters in a path.

Thresholds: metric{label: value}.stat op limit, as in failed == 0,
latency.p(95) < 250ms, requests{scenario: clean} <= 20. A threshold file is
[{"expr": "failed == 0", "why": "…"}].

Exit codes: 0 everything passed, 3 a check or a threshold failed, 2 usage,
4 could not run, 129, 130 and 143 interrupted.
An inconclusive threshold is a warning.`;

/** Applied after parsing: as option defaults they would appear in help. */
const NOT_REPEATED = {
	scenario: [],
	client: [],
	input: [],
	threshold: [],
	thresholdFile: [],
	report: [],
};

export function addSmokeCommand(
	program: Command,
	run: (codes: readonly string[], flags: SmokeFlags) => Promise<void>,
): void {
	const command = program
		.command('smoke')
		.summary('test a downloader, or a server, in CI: serve, download, check')
		.description(
			'Test a downloader against a server whose faults are known in advance, or a server of your own.',
		)
		.argument('[codes...]', 'countries; with --root, files (default: 40 that cover every rule)')
		.addHelpText('after', EXAMPLES);
	addOptions(command, smokeOptions());
	command.action((codes: string[], flags: SmokeFlags) => run(codes, { ...NOT_REPEATED, ...flags }));
}

function smokeOptions() {
	return {
		...group('What:', {
			scenario: repeated(
				'--scenario <name|file>',
				'how the server behaves (default: clean, flaky, hostile, liar, world)',
			),
			strategies: option(
				'--strategies <list>',
				`strategies, separated by commas (default: ${LOCAL_STRATEGY_NAMES.join()})`,
				parseList,
			),
			concurrency: option(
				'-c, --concurrency <list>',
				'requests in flight, separated by commas (default: 16)',
				parseSlotCounts,
			),
			all: allOption(),
			limit: option(
				'-l, --limit <n>',
				'only the first n countries (default: 40)',
				parseWhole(1, 676),
			),
			root: rootOption(),
			tls: tlsOption(),
			seed: option('--seed <n>', 'seed of the faults', parseSeed),
		}),
		...group('Other clients:', {
			client: repeated('--client <command>', 'shell command that downloads the flags'),
			clientTimeout: time('--client-timeout <time>', 'time allowed for one run (default: 60s)'),
		}),
		...group('Other servers:', {
			server: option('-s, --server <url>', 'test this server, with the checks that need no plan'),
			template: option('--template <url>', 'URL of its flags, with {cc}, {CC} or {name} in it'),
			input: repeated(
				'-i, --input <file>',
				'a list with one code or URL per line; a file, since each run reads it',
			),
			checksums: checksumsOption(),
		}),
		...group('Profile:', {
			retry: option('--retry <n>', 'attempts after the first (default: 3)', parseWhole(0, 1000)),
			stallTime: time(
				'--stall-time <time>',
				'give up on an attempt after this long without data (default: 1s)',
			),
			maxTime: time('--max-time <time>', 'time allowed for one attempt (default: 5s)'),
			retryMaxTime: time('--retry-max-time <time>', 'stop retrying after this long (default: 15s)'),
		}),
		...group('Verdict:', {
			...thresholdOptions('failed == 0'),
			junit: option('--junit <file>', 'write a JUnit XML report'),
			report: repeated('--report <file>', `write a report: ${reportKindsHelp(REPORT_KINDS)}`),
			json: flag('--json', 'print events to standard output, one JSON object per line'),
		}),
	};
}

function time(flags: string, description: string): Typed<number | undefined> {
	return option(flags, description, parseDuration);
}

/** Options of `flagdl smoke`, as written on the command line; times in milliseconds. */
export type SmokeFlags = FlagsOf<ReturnType<typeof smokeOptions>>;
