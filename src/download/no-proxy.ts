import { BlockList, isIP, isIPv6 } from 'node:net';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * Reads a list of hosts that are reached without a proxy, as curl does: separated by commas or
 * white space, `example.org` and `.example.org` with all names below, `host:port`, an address, a
 * network such as `10.0.0.0/8`, or `*` for all.
 *
 * @returns Whether this URL is to be asked directly.
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
	// What has more than one colon and no brackets is an address of IPv6, and has no port.
	const [, host = entry, wanted] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
	const name = bare(host.replace(/^\*?\./, '').replace(/\.$/, ''));
	return (url) => {
		if (wanted !== undefined && wanted !== (url.port || DEFAULT_PORTS[url.protocol])) {
			return false;
		}
		const asked = bare(url.hostname.replace(/\.$/, ''));
		return asked === name || (isIP(asked) === 0 && asked.endsWith(`.${name}`));
	};
}

function networkRule(entry: string): (url: URL) => boolean {
	const [address = '', length] = entry.split('/');
	const network = new BlockList();
	try {
		network.addSubnet(bare(address), Number(length), familyOf(bare(address)));
	} catch {
		// No network: it holds no host, as with curl.
	}
	return ({ hostname }) => {
		const host = bare(hostname);
		return isIP(host) !== 0 && network.check(host, familyOf(host));
	};
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
	return isIPv6(address) ? 'ipv6' : 'ipv4';
}

function bare(host: string): string {
	return host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}
