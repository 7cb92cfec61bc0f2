import { domainToASCII } from 'node:url';
import { InvalidArgumentError } from 'commander';
import { rootOption } from '../options/content.ts';
import { type FlagsOf, flag, option, repeated, type Typed } from '../options/option.ts';
import { parseDuration, parseWhole } from '../options/values.ts';

export function serveOptions() {
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
		seed: option('--seed <n>', 'seed of the faults', parseWhole(0, 4_294_967_295)),
		root: rootOption(),
		upstream: option('--upstream <url>', 'proxy this service, with faults in between'),
		upstreamTimeout: option(
			'--upstream-timeout <time>',
			'time allowed until its headers; then 504',
			parseDuration,
			60_000,
			'60s',
		),
		scenario: option('--scenario <name|file>', 'how the server behaves; see flagdl scenario list'),
		// Undefined if there is none, since it has no default.
		allowHost: repeated(
			'--allow-host <name>',
			'answer control routes under this host name, too',
			parseHostName,
		) as Typed<readonly string[] | undefined>,
		log: option('--log <file>', 'write a line of JSON for each request'),
		finderPort: option(
			'--finder-port <n>',
			'port of the search by lines over TCP; 0 is any free one',
			parseWhole(0, 65_535),
		),
		tls: flag(
			'--tls',
			'serve HTTPS with a certificate made at start (needs the package selfsigned)',
		),
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
