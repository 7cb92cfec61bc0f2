import { Option } from 'commander';
import { parseHeader, parseUserAgent } from '../values/parse-header.ts';
import { parseResolve } from '../values/parse-resolve.ts';
import { group } from './group.ts';

/** What requests say, who they come from, and which way they go. */
export const HTTP_OPTIONS = group('HTTP:', {
	header: () =>
		new Option(
			'-H, --header <field>',
			"a field to send to the origins of the list, 'Name: value', or @file with one per line (repeatable)",
		).argParser(parseHeader),
	userAgent: () =>
		new Option('-A, --user-agent <text>', 'User-Agent to send').argParser(parseUserAgent),
	user: () =>
		new Option(
			'-u, --user <name:password>',
			'login for the origins of the list; asks for a missing password',
		),
	netrc: () => new Option('--netrc [file]', 'read logins from a netrc file (default: ~/.netrc)'),
	cookies: () =>
		new Option('--cookies <file>', 'send the cookies of a file in Netscape format (cookies.txt)'),
	proxy: () =>
		new Option(
			'-x, --proxy <url>',
			'http://, https://, socks5:// or socks5h:// (default: http_proxy, https_proxy, all_proxy, no_proxy)',
		),
	resolve: () =>
		new Option(
			'--resolve <host:port:address>',
			'use this address for that host and port; * is any host (repeatable)',
		).argParser(parseResolve),
	cacert: () =>
		new Option('--cacert <file>', 'CA certificates to trust instead of the built-in ones (PEM)'),
	cert: () => new Option('--cert <file>', 'client certificate (PEM), with or without its key'),
	key: () => new Option('--key <file>', 'private key of --cert (PEM, no passphrase)'),
	compressed: () =>
		new Option('--compressed', 'ask for gzip, deflate and br; coded content is always decoded'),
	raw: () => new Option('--raw', 'save coded content as it comes, without decoding it'),
	contentCheck: () =>
		new Option('--no-content-check', 'do not check the type and structure of images'),
	insecure: () =>
		new Option('-k, --insecure', 'accept any certificate, and redirects from https to http'),
});
