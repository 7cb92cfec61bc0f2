import { type Command, Option } from 'commander';
import { DEFAULT_OPTIONS } from '../../download/options.ts';
import { REPORT_KINDS, reportKindsHelp } from '../../reporters/files/kinds.ts';
import { STRATEGY_NAMES } from '../../strategies/names.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';
import { group } from '../options/group.ts';
import { HTTP_OPTIONS } from '../options/http.ts';
import { prefixOption, redisOption } from '../queue-flags.ts';
import { repeated } from '../repeated.ts';
import { parseDuration } from '../values/parse-duration.ts';
import { parseRate } from '../values/parse-rate.ts';
import { parseSize, parseSpeed } from '../values/parse-size.ts';
import { parseWhole } from '../values/parse-whole.ts';
import type { GetFlags } from './flags.ts';

const MOST = 1_000_000_000;

/** Declares the options of `flagdl get` on its command, in the groups of its help. */
export function addGetOptions(command: Command): void {
	for (const option of Object.values(OPTIONS)) {
		command.addOption(option());
	}
}

/** Functions, because an option is changed by the command that it is added to. */
const OPTIONS: { readonly [K in keyof Required<GetFlags>]: () => Option } = {
	...group('What:', {
		all: () => new Option('-a, --all', 'all 249 countries of ISO 3166-1'),
		every: () => new Option('-e, --every', 'all 676 pairs of letters, AA to ZZ'),
		limit: () =>
			new Option('-l, --limit <n>', 'only the first n targets').argParser(parseWhole(1, MOST)),
		input: () =>
			repeated('-i, --input <file>', 'a list with one code or URL per line; - is standard input'),
		template: () =>
			new Option('--template <url>', 'URL of a flag, with {cc}, {CC} or {name} in it'),
	}),
	...group('From:', {
		server: () =>
			new Option(
				'-s, --server <server>',
				'LOCAL, DELAY, ERROR (all three bundled), REMOTE, or a base URL (default: LOCAL)',
			),
		scenario: () =>
			new Option(
				'--scenario <name|file>',
				'how the bundled server behaves; see flagdl scenario list',
			),
		seed: () =>
			new Option('--seed <n>', 'seed of its faults and of the jitter of retries').argParser(
				parseWhole(0, 4_294_967_295),
			),
		mirror: () =>
			repeated(
				'--mirror <url>',
				'base URL of the same files elsewhere, tried when the first is slow or fails',
			),
	}),
	...group('How:', {
		strategy: () =>
			new Option('--strategy <name>', 'how downloads run at once')
				.choices(STRATEGY_NAMES)
				.default('async'),
		concurrency: () =>
			new Option('-c, --concurrency <n>', 'requests in flight at once (default: 16)').argParser(
				parseWhole(1, 10_000),
			),
		maxReq: () =>
			new Option('-m, --max-req <n>', 'the same, by its name in the book')
				.argParser(parseWhole(1, 10_000))
				.conflicts('concurrency'),
		threads: () =>
			new Option(
				'--threads <n>',
				'worker threads of the strategy threads (default: cores)',
			).argParser(parseWhole(1, 1000)),
		maxPerHost: () =>
			new Option('--max-per-host <n>', 'requests in flight at once per origin').argParser(
				parseWhole(1, 10_000),
			),
		rate: () =>
			new Option('--rate <n/time>', 'request rate per origin: 50/s, 5/15s').argParser(parseRate),
	}),
	...group('Many machines (--strategy queue, see flagdl worker --help):', {
		redis: () => redisOption(),
		queuePrefix: () => prefixOption(),
		shardSize: () =>
			new Option('--shard-size <n>', 'targets per shard (default: 100)').argParser(
				parseWhole(1, 10_000),
			),
		runId: () => new Option('--run-id <id>', 'resume the run with this id, or start it'),
	}),
	...group('When it goes wrong:', {
		retry: () =>
			new Option('--retry <n>', 'attempts after the first')
				.argParser(parseWhole(0, 1000))
				.default(DEFAULT_OPTIONS.retries),
		retryMaxTime: () =>
			time(
				'--retry-max-time <time>',
				'stop retrying this long after the last progress',
				DEFAULT_OPTIONS.retryMaxTimeMs,
			),
		connectTimeout: () =>
			time('--connect-timeout <time>', 'time allowed to connect', DEFAULT_OPTIONS.connectTimeoutMs),
		maxTime: () =>
			new Option(
				'--max-time <time>',
				'time allowed for one attempt (default: as long as bytes arrive)',
			).argParser(parseDuration),
		stallTime: () =>
			time(
				'--stall-time <time>',
				'give an attempt up after this long without data',
				DEFAULT_OPTIONS.stallTimeMs,
			),
		speedLimit: () =>
			new Option(
				'--speed-limit <size>',
				'give up on transfers slower than this per second; 0 is off',
			)
				.argParser(parseSpeed)
				.default(DEFAULT_OPTIONS.speedLimitBytesPerSecond, '100 B'),
		speedTime: () =>
			time(
				'--speed-time <time>',
				'period over which --speed-limit is averaged',
				DEFAULT_OPTIONS.speedTimeMs,
			),
		deadline: () =>
			new Option('--deadline <time>', 'time allowed for the whole run').argParser(parseDuration),
		failEarly: () => new Option('--fail-early', 'stop at the first failure'),
	}),
	...group('Where to:', {
		outputDir: () =>
			new Option('-d, --output-dir <dir>', 'directory to save to; created if missing').default(
				'downloads',
			),
		output: () =>
			new Option(
				'-o, --output <template>',
				'path in it, of {cc} {CC} {name} {host} {path} {basename} {stem} {ext} {query} {hash} {index}; default: {cc}{ext} for codes, {basename} for URLs; - is standard output, for one target',
			),
		remoteHeaderName: () =>
			new Option(
				'-J, --remote-header-name',
				'save under the file name of Content-Disposition, made safe',
			),
		withNames: () =>
			new Option('--with-names', "save as <Country name>.gif, named by the server's metadata"),
		ifExists: () =>
			new Option('--if-exists <what>', 'what to do if a file exists')
				.choices(['skip', 'update', 'overwrite', 'fail'])
				.default('skip'),
		remoteTime: () =>
			new Option('--remote-time', 'set the time of files from Last-Modified, as curl -R'),
		state: () =>
			new Option(
				'--state',
				'remember ETag and Last-Modified of each file; implied by --if-exists update',
			),
		checksums: () =>
			new Option(
				'--checksums <file>',
				'digests to verify (SHA-256, -384, -512), as written by sha256sum, BSD or openssl',
			),
		maxFilesize: () =>
			new Option('--max-filesize <size>', 'refuse larger files: 500, 64k, 1.5MB').argParser(
				parseSize,
			),
	}),
	...HTTP_OPTIONS,
	...group('Report:', {
		progress: () =>
			new Option('--progress <how>', 'auto is bar on a terminal, plain elsewhere')
				.choices(['auto', 'bar', 'plain', 'none'])
				.default('auto'),
		verbose: () => new Option('-v, --verbose', 'print a line for each file as it ends'),
		quiet: () => new Option('-q, --quiet', 'print failures only').conflicts('verbose'),
		json: () => new Option('--json', 'print events to standard output, one JSON object per line'),
		report: () => repeated('--report <file>', `write a report: ${reportKindsHelp(REPORT_KINDS)}`),
		failedFile: () =>
			new Option('--failed-file <file>', 'write a list of the failed targets, for -i'),
		config: () =>
			new Option(
				'--config <file>',
				'read options from JSON such as {"retry": 5}; the command line wins',
			),
		dryRun: () => new Option('--dry-run', 'print what would be downloaded to where, and exit'),
	}),
};

function time(flags: string, description: string, defaultMs: number): Option {
	return new Option(flags, description)
		.argParser(parseDuration)
		.default(defaultMs, `${defaultMs / 1000}s`);
}

const EXAMPLES = `
Examples:
  flagdl                        the 20 most populous, from the bundled server
  flagdl br cn in               these three
  flagdl b -v                   all that begin with B, a line for each
  flagdl -a -s REMOTE -d flags  all 249, from flagcdn.com
  flagdl -i list.txt --report report.html --failed-file failed.txt
  flagdl -i failed.txt          once more, only what is missing
  flagdl -i list.txt --checksums SHA256SUMS
  flagdl https://example.org/a.gif -o '{host}/{path}'
  flagdl find island --codes | flagdl get -i -
  flagdl -a -s ERROR --strategy threads -c 32 --json | jq .
  flagdl -i list.txt --strategy queue --redis redis://redis.example --run-id tue

A list has one target a line: a code or a URL; after a TAB a destination, after
another a SHA-256. # starts a comment. A line may also be {"url": …, "dest": …,
"sha256": …, "sha512": …, "integrity": …, "mirrors": […], "headers": {…}}, and a
first line url,dest,… names the columns of CSV or TSV. See docs/lists.md.

Exit codes: 0 every file is there, 1 some are not, 2 usage, 4 could not run,
129, 130 and 143 interrupted.
To go on when the terminal is closed, start it with nohup or setsid.`;

/** Not defaults of the options: help would show them. */
const NOT_REPEATED = { input: [], mirror: [], report: [], header: {} };

export function addGetCommand(program: Command, io: Io, done: (code: ExitCode) => void): void {
	const command = program
		.command('get', { isDefault: true })
		.summary('download flags, or the files of a list (the default command)')
		.description('Download many small files at once: flags by country code, or any list of URLs.')
		.argument(
			'[codes...]',
			'codes of ISO 3166-1 (br), letters (b: all that begin with B), URLs; none: the 20 most populous',
		)
		.addHelpText('after', EXAMPLES);
	addGetOptions(command);
	command.action(async (codes: string[], flags: GetFlags) => {
		const { get } = await import('./get.ts');
		if (flags.config !== undefined) {
			const { applyConfig } = await import('../options/config.ts');
			applyConfig(command, flags.config, io.cwd);
		}
		done(await get(codes, { ...NOT_REPEATED, ...command.opts<GetFlags>() }, io, command.options));
	});
}
