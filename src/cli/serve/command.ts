import { domainToASCII } from 'node:url';
import { type Command, InvalidArgumentError } from 'commander';
import { rootOption, UPSTREAM_TIMEOUT_MS } from '../options/content.ts';
import {
	addOptions,
	type FlagsOf,
	flag,
	option,
	repeated,
	type Typed,
	tlsOption,
} from '../options/option.ts';
import { parseDuration, parseSeed, parseWhole } from '../options/values.ts';

const EXAMPLES = `
Examples:
  flagdl serve                     flags, and a page to browse them
  flagdl serve --latency 250ms --error-rate 0.1
  flagdl serve --scenario flaky --log requests.ndjson
  flagdl serve --finder-port 2323  and then: nc 127.0.0.1 2323
  flagdl serve --scenario hostile -- npm test
  flagdl serve --root dist --scenario flaky -- npm test
  flagdl serve --upstream http://127.0.0.1:3000 --scenario mine.json
  flagdl serve --tls -- sh -c 'curl $FLAGDL_BASE_URL/br/br.gif -o br.gif'

A flag is at http://127.0.0.1:8000/flags/br/br.gif, the page at /. A command
after -- gets the base URL in $FLAGDL_BASE_URL. With --root, the files of the
folder are directly under the base URL. With --upstream, requests are forwarded
to that service unless a rule of the scenario says otherwise. With --tls, the
command gets the path of the CA certificate in $FLAGDL_CACERT; curl, Node and
Python trust it without further options.

flagdl scenario plan flaky shows what the faults of a scenario lead to.

On a signal, the server answers the requests it has received and stops, within
8 s. The command gets the signal, too, and is killed if it is still running
after 8 s. A second signal ends both at once.

Exit codes: 0 stopped by a signal, 2 usage, 4 could not start; with a command,
the command's own.`;

export function addServeCommand(
	program: Command,
	run: (command: readonly string[], flags: ServeFlags) => Promise<void>,
): void {
	const command = program
		.command('serve')
		.summary('run the mock flag server, with faults that are known in advance')
		.description('Run the mock flag server, with latency and faults that are known in advance.')
		.argument('[command...]', 'after --: run this with FLAGDL_BASE_URL set, then stop the server')
		.addHelpText('after', EXAMPLES);
	addOptions(command, serveOptions()).action(run);
}

function serveOptions() {
	return {
		port: option(
			'--port <n>',
			'port to listen on; 0 is any free one (default: 8000; with a command 0)',
			parseWhole(0, 65_535),
		),
		host: option('--host <address>', 'address to listen on', undefined, '127.0.0.1'),
		latency: option('--latency <time>', 'delay before each flag', parseLatency).conflicts(
			'scenario',
		),
		errorRate: option(
			'--error-rate <p>',
			'fraction of responses that are 503, from 0 to 1',
			parseShare,
		).conflicts('scenario'),
		seed: option('--seed <n>', 'seed of the faults', parseSeed),
		root: rootOption(),
		upstream: option('--upstream <url>', 'forward requests to this service, with faults'),
		upstreamTimeout: option(
			'--upstream-timeout <time>',
			`time allowed until its headers; then 504 (default: ${UPSTREAM_TIMEOUT_MS / 1000}s)`,
			parseDuration,
		),
		scenario: option('--scenario <name|file>', 'how the server behaves; see flagdl scenario list'),
		// No default, so that an absent option is undefined.
		allowHost: repeated(
			'--allow-host <name>',
			'answer control routes under this host name, too',
			parseHostName,
		) as Typed<readonly string[] | undefined>,
		log: option('--log <file>', 'write a line of JSON for each request'),
		finderPort: option(
			'--finder-port <n>',
			'port of the TCP line protocol for searches; 0 is any free one',
			parseWhole(0, 65_535),
		),
		tls: tlsOption(),
		tlsCert: option('--tls-cert <file>', 'serve HTTPS with this certificate (PEM)'),
		tlsKey: option('--tls-key <file>', 'private key of --tls-cert (PEM)'),
		revealFaults: flag('--reveal-faults', 'name the rule behind each fault in x-flagdl-fault'),
	};
}

/** Options of `flagdl serve`, as written on the command line; times in milliseconds. */
export type ServeFlags = FlagsOf<ReturnType<typeof serveOptions>>;

function parseLatency(text: string): number {
	return /^0(ms|s|m|h)?$/.test(text) ? 0 : parseDuration(text);
}

function parseShare(text: string): number {
	const share = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
	if (!(share >= 0 && share <= 1)) {
		throw new InvalidArgumentError('a number from 0 to 1, such as 0.25');
	}
	return share;
}

function parseHostName(text: string): string {
	const name = domainToASCII(text).replace(/\.$/, '');
	if (!/^\w([\w-]*\w)?(\.\w([\w-]*\w)?)*$/.test(name)) {
		throw new InvalidArgumentError(
			'a host name such as flags.example.org, without scheme and port',
		);
	}
	return name;
}
