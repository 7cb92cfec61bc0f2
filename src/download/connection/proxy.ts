import { BlockList, isIP, isIPv6 } from 'node:net';
import { basicAuthorization, decodeUserInfo } from '../../targets/url.ts';
import type { ProxyOptions } from '../options.ts';

/** An HTTP or SOCKS 5 proxy. */
export interface ProxyServer {
	/** With `http:` for a SOCKS proxy, because the connection to it has no TLS. */
	readonly origin: string;
	/** With its port, for messages. */
	readonly host: string;
	/** Value of `Proxy-Authorization`. */
	readonly authorization?: string;
	/** Only for a SOCKS proxy. */
	readonly socks?: {
		/** Which side resolves the names of origins; with `socks5h` the proxy does. */
		readonly resolves: 'here' | 'proxy';
		readonly login?: { readonly user: string; readonly password: string };
	};
}

export interface Proxies {
	/** Whether all requests are direct. */
	readonly none: boolean;
	/** @returns `undefined` if requests for the URL are direct. */
	of(url: URL): ProxyServer | undefined;
}

/**
 * @param authorization - Value of a `Proxy-Authorization` that the user gave; otherwise the user
 *   and password of the proxy's URL are sent.
 */
export function readProxies(
	{ httpProxy, httpsProxy, noProxy = '' }: ProxyOptions = {},
	authorization?: string,
): Proxies {
	const http = httpProxy === undefined ? undefined : readProxy(httpProxy, authorization);
	const https = httpsProxy === undefined ? undefined : readProxy(httpsProxy, authorization);
	const isDirect = parseNoProxy(noProxy);
	return {
		none: http === undefined && https === undefined,
		of(url) {
			const proxy = url.protocol === 'https:' ? https : http;
			return proxy === undefined || isDirect(url) ? undefined : proxy;
		},
	};
}

function readProxy(text: string, given: string | undefined): ProxyServer {
	if (/^socks5h?:/i.test(text)) {
		return readSocksProxy(new URL(text));
	}
	const { origin, host, username, password } = new URL(text);
	const authorization = given ?? basicAuthorization(`${username}:${password}`);
	return { origin, host, ...(authorization !== undefined && { authorization }) };
}

const SOCKS_PORT = '1080';

function readSocksProxy({ protocol, hostname, port, username, password }: URL): ProxyServer {
	const host = `${hostname}:${port || SOCKS_PORT}`;
	const login = { user: decodeUserInfo(username), password: decodeUserInfo(password) };
	const resolves = protocol === 'socks5h:' ? 'proxy' : 'here';
	return {
		origin: `http://${host}`,
		host,
		socks: { resolves, ...(username !== '' && { login }) },
	};
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * Parses a list of hosts that are reached without a proxy, like curl: separated by commas or
 * whitespace, `example.org` and `.example.org` with all subdomains, `host:port`, an address, a
 * network such as `10.0.0.0/8`, or `*` for all.
 *
 * @returns A predicate: whether requests for a URL are direct.
 */
export function parseNoProxy(text: string): (url: URL) => boolean {
	const rules = text.split(/[\s,]+/).flatMap((entry) => (entry === '' ? [] : [ruleOf(entry)]));
	return (url) => rules.some((rule) => rule(url));
}

function ruleOf(entry: string): (url: URL) => boolean {
	if (entry === '*') {
		return () => true;
	}
	if (entry.includes('/')) {
		return networkRule(entry);
	}
	// More than one colon without brackets is an IPv6 address without port.
	const [, host = entry, wanted] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
	const name = normalizeHost(host.replace(/^\*?\./, '').replace(/\.$/, ''));
	return (url) => {
		if (wanted !== undefined && wanted !== (url.port || DEFAULT_PORTS[url.protocol])) {
			return false;
		}
		const asked = normalizeHost(url.hostname.replace(/\.$/, ''));
		return asked === name || (isIP(asked) === 0 && asked.endsWith(`.${name}`));
	};
}

function networkRule(entry: string): (url: URL) => boolean {
	const [address = '', length] = entry.split('/');
	const network = new BlockList();
	try {
		network.addSubnet(normalizeHost(address), Number(length), familyOf(normalizeHost(address)));
	} catch {
		// An invalid network matches no host, like in curl.
	}
	return ({ hostname }) => {
		const host = normalizeHost(hostname);
		return isIP(host) !== 0 && network.check(host, familyOf(host));
	};
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
	return isIPv6(address) ? 'ipv6' : 'ipv4';
}

function normalizeHost(host: string): string {
	return host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}
