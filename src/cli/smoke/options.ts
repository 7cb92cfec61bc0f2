import { reportKindsHelp } from '../../reporters/files/kinds.ts';
import { REPORT_KINDS } from '../../smoke/report/kinds.ts';
import { rootOption } from '../options/content.ts';
import { type FlagsOf, flag, group, option, repeated, type Typed } from '../options/option.ts';
import { parseDuration, parseList, parseWhole, parseWholes } from '../options/values.ts';

export function smokeOptions() {
	return {
		...group('What:', {
			scenario: repeated(
				'--scenario <name|file>',
				'how the server behaves (default: clean, flaky, hostile, liar, world)',
			),
			strategies: option('--strategies <list>', 'strategies, separated by commas', parseList),
			concurrency: option(
				'-c, --concurrency <list>',
				'requests in flight, separated by commas (default: 16)',
				parseWholes(1, 10_000),
			),
			all: flag('-a, --all', 'all 249 countries of ISO 3166-1'),
			limit: option(
				'-l, --limit <n>',
				'only the first n countries (default: 40)',
				parseWhole(1, 676),
			),
			root: rootOption(),
			tls: flag(
				'--tls',
				'serve HTTPS with a certificate made at start (needs the package selfsigned)',
			),
			seed: option('--seed <n>', 'seed of the faults', parseWhole(0, 4_294_967_295)),
		}),
		...group('Other clients:', {
			client: repeated('--client <command>', 'shell command that downloads the flags'),
			clientTimeout: time('--client-timeout <time>', 'time allowed for one run (default: 60s)'),
		}),
		...group('Other servers:', {
			server: option('-s, --server <url>', 'test this server, with the checks that need no plan'),
			template: option('--template <url>', 'URL of its flags, with {cc}, {CC} or {name} in it'),
			input: repeated('-i, --input <file>', 'a list with one code or URL per line'),
			checksums: option(
				'--checksums <file>',
				'digests to verify (SHA-256, -384, -512), as written by sha256sum, BSD or openssl',
			),
		}),
		...group('Profile:', {
			retry: option('--retry <n>', 'attempts after the first (default: 3)', parseWhole(0, 1000)),
			stallTime: time(
				'--stall-time <time>',
				'give an attempt up after this long without data (default: 1s)',
			),
			maxTime: time('--max-time <time>', 'time allowed for one attempt (default: 5s)'),
			retryMaxTime: time('--retry-max-time <time>', 'stop retrying after this long (default: 15s)'),
		}),
		...group('Verdict:', {
			threshold: repeated(
				'--threshold <expression>',
				"fail unless this holds, such as 'failed == 0'",
			),
			thresholdFile: repeated(
				'--threshold-file <file>',
				'thresholds with the reason for each, as JSON',
			),
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
