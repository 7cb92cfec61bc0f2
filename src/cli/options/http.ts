import { Option } from 'commander';
import { parseHeader, parseUserAgent } from '../values/parse-header.ts';
import { parseResolve } from '../values/parse-resolve.ts';
import { group } from './group.ts';

/** What requests say, who they come from, and which way they go. */
export const HTTP_OPTIONS = group('HTTP:', {
	header: () =>
		new Option(
			'-H, --header <field>',
			"a field for the servers of the list, 'Name: value', or @file with a line for each (repeatable)",
		).argParser(parseHeader),
	userAgent: () =>
		new Option('-A, --user-agent <text>', 'value of User-Agent').argParser(parseUserAgent),
	user: () =>
		new Option(
			'-u, --user <name:password>',
			'login for the servers of the list; without a password it is asked for',
		),
	netrc: () =>
		new Option('--netrc [file]', 'logins by host, as for curl and ftp (default: ~/.netrc)'),
	cookies: () =>
		new Option('--cookies <file>', 'cookies to send, as browsers export them (cookies.txt)'),
	proxy: () =>
		new Option(
			'-x, --proxy <url>',
			'http://, https://, socks5:// or socks5h:// (default: http_proxy, https_proxy, all_proxy, no_proxy)',
		),
	resolve: () =>
		new Option(
			'--resolve <host:port:address>',
			'connect to this address for that host; * is every host (repeatable)',
		).argParser(parseResolve),
	cacert: () =>
		new Option('--cacert <file>', 'certificates to trust instead of the built-in ones, as PEM'),
	cert: () => new Option('--cert <file>', 'client certificate to show, as PEM; may hold its key'),
	key: () => new Option('--key <file>', 'private key of --cert, as PEM without a passphrase'),
	compressed: () =>
		new Option(
			'--compressed',
			'ask for gzip, deflate and br; what comes in them is always decoded',
		),
	raw: () => new Option('--raw', 'keep content in the coding that it comes in'),
	contentCheck: () =>
		new Option('--no-content-check', 'take images as they come: no look at type, start and end'),
	insecure: () =>
		new Option('-k, --insecure', 'accept any certificate, and redirects from https to http'),
});
