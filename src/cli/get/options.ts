import { DEFAULT_OPTIONS as DEFAULTS, type IfExists } from '../../download/options.ts';
import { REPORT_KINDS, reportKindsHelp } from '../../reporters/files/report-kinds.ts';
import { STRATEGY_NAMES, type StrategyName } from '../../strategies/names.ts';
import { httpOptions } from '../options/http.ts';
import {
	allOption,
	checksumsOption,
	choice,
	everyOption,
	type FlagsOf,
	flag,
	group,
	inputOption,
	limitOption,
	option,
	outputDirOption,
	repeated,
	type Typed,
	threadsOption,
} from '../options/option.ts';
import {
	parseDuration,
	parseRate,
	parseSeed,
	parseSize,
	parseSlots,
	parseSpeed,
	parseWhole,
} from '../options/values.ts';
import { prefixOption, redisOption } from '../redis-settings.ts';

/** The options of `flagdl get`, grouped as in its help. Created anew, because a command modifies them. */
export function getOptions() {
	return {
		...what(),
		...from(),
		...how(),
		...manyMachines(),
		...whenItGoesWrong(),
		...whereTo(),
		...httpOptions(),
		...report(),
	};
}

/** Options of `flagdl get`, as written on the command line; times in milliseconds. */
export type GetFlags = FlagsOf<ReturnType<typeof getOptions>>;

const what = () =>
	group('What:', {
		all: allOption(),
		every: everyOption(),
		limit: limitOption(),
		input: inputOption(),
		template: option('--template <url>', 'URL of a flag, with {cc}, {CC} or {name} in it'),
	});

const from = () =>
	group('From:', {
		server: option(
			'-s, --server <server>',
			'LOCAL, DELAY, ERROR (all three bundled), REMOTE, or a base URL (default: LOCAL)',
		),
		scenario: option(
			'--scenario <name|file>',
			'how the bundled server behaves; see flagdl scenario list',
		),
		tls: flag('--tls', 'HTTPS from the bundled server (needs the package selfsigned)'),
		seed: option('--seed <n>', 'seed of its faults and of retry jitter', parseSeed),
		mirror: repeated(
			'--mirror <url>',
			'base URL of the same files elsewhere, tried when the first is slow or fails',
		),
	});

const how = () =>
	group('How:', {
		strategy: choice<StrategyName>(
			'--strategy <name>',
			'how downloads run at once',
			STRATEGY_NAMES,
			'async',
		),
		concurrency: option(
			'-c, --concurrency <n>',
			'requests in flight at once (default: 16)',
			parseSlots,
		),
		maxReq: option(
			'-m, --max-req <n>',
			'same as --concurrency, named as in the book',
			parseSlots,
		).conflicts('concurrency'),
		threads: threadsOption(),
		maxPerHost: option('--max-per-host <n>', 'requests in flight at once per origin', parseSlots),
		rate: option('--rate <n/time>', 'request rate per origin: 50/s, 5/15s', parseRate),
	});

const manyMachines = () =>
	group('Many machines (--strategy queue, see flagdl worker --help):', {
		redis: redisOption(),
		queuePrefix: prefixOption(),
		shardSize: option('--shard-size <n>', 'targets per shard (default: 100)', parseSlots),
		runId: option('--run-id <id>', 'resume the run with this id, or start it'),
	});

const whenItGoesWrong = () =>
	group('When it goes wrong:', {
		retry: option('--retry <n>', 'attempts after the first', parseWhole(0, 1000), DEFAULTS.retries),
		retryMaxTime: time(
			'--retry-max-time <time>',
			'stop retrying this long after the last progress',
			DEFAULTS.retryMaxTimeMs,
		),
		connectTimeout: time(
			'--connect-timeout <time>',
			'time allowed to connect',
			DEFAULTS.connectTimeoutMs,
		),
		maxTime: option(
			'--max-time <time>',
			'time allowed for one attempt (default: as long as bytes arrive)',
			parseDuration,
		),
		stallTime: time(
			'--stall-time <time>',
			'give up on an attempt after this long without data',
			DEFAULTS.stallTimeMs,
		),
		speedLimit: option(
			'--speed-limit <size>',
			'give up on transfers slower than this per second; 0 is off',
			parseSpeed,
			DEFAULTS.speedLimitBytesPerSecond,
			'100 B',
		),
		speedTime: time(
			'--speed-time <time>',
			'period over which --speed-limit is averaged, at least --stall-time',
			DEFAULTS.speedTimeMs,
		),
		deadline: option('--deadline <time>', 'time allowed for the whole run', parseDuration),
		failEarly: flag('--fail-early', 'stop at the first failure'),
	});

function time(flags: string, description: string, defaultMs: number): Typed<number> {
	return option(flags, description, parseDuration, defaultMs, `${defaultMs / 1000}s`);
}

const IF_EXISTS: readonly IfExists[] = ['skip', 'update', 'overwrite', 'fail'];

const whereTo = () =>
	group('Where to:', {
		outputDir: outputDirOption(),
		output: option(
			'-o, --output <template>',
			'path in it, of {cc} {CC} {name} {host} {path} {basename} {stem} {ext} {query} {hash} {index}; default: {cc}{ext} for codes, {basename} for URLs; - is standard output, for one target',
		),
		remoteHeaderName: flag(
			'-J, --remote-header-name',
			'save under the file name of Content-Disposition, made safe',
		),
		withNames: flag('--with-names', "save as <Country name>.gif, named by the server's metadata"),
		ifExists: choice('--if-exists <what>', 'what to do if a file exists', IF_EXISTS, 'skip'),
		remoteTime: flag('--remote-time', 'set the time of files from Last-Modified, like curl -R'),
		state: flag(
			'--state',
			'remember ETag and Last-Modified of each file; implied by --if-exists update',
		),
		checksums: checksumsOption(),
		maxFilesize: option('--max-filesize <size>', 'refuse larger files: 500, 64k, 1.5MB', parseSize),
	});

const report = () =>
	group('Report:', {
		progress: choice(
			'--progress <how>',
			'auto is bar on a terminal, plain elsewhere',
			['auto', 'bar', 'plain', 'none'],
			'auto',
		),
		verbose: flag('-v, --verbose', 'print a line for each file as it ends'),
		quiet: flag('-q, --quiet', 'print failures only').conflicts('verbose'),
		json: flag('--json', 'print events to standard output, one JSON object per line'),
		report: repeated('--report <file>', `write a report: ${reportKindsHelp(REPORT_KINDS)}`),
		failedFile: option('--failed-file <file>', 'write a list of the failed targets, for -i'),
		config: option(
			'--config <file>',
			'read options from JSON such as {"retry": 5}; the command line takes precedence',
		),
		dryRun: flag('--dry-run', 'print what would be downloaded and where, and exit'),
	});
