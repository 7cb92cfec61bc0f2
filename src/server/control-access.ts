import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * Why a control route must not answer this request: a page in a browser may send requests to this
 * machine, also under a name of its own that leads here (DNS rebinding).
 *
 * @param allowHosts - Further names of this server.
 * @returns Undefined if it may be answered.
 */
export function controlRefusal(
	{ headers, rawHeaders, url = '' }: IncomingMessage,
	allowHosts: readonly string[],
): string | undefined {
	const target = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
	const hosts = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'host');
	const named = target === undefined ? hosts : [...hosts, target];
	const foreign = named.find((host) => !isOwnHost(host, allowHosts));
	if (foreign !== undefined) {
		return 'the Host of this request is none of this server; allow it with --allow-host';
	}
	const { origin } = headers;
	if (
		origin !== undefined &&
		!hosts.some((host) => origin.toLowerCase() === `http://${host}`.toLowerCase())
	) {
		return 'control routes do not answer to pages of other origins';
	}
	if (headers['sec-fetch-site'] === 'cross-site') {
		return 'control routes do not answer to pages of other sites';
	}
	return undefined;
}

/** An IP address, `localhost`, a name without a dot, or one that is allowed. */
function isOwnHost(host: string, allowHosts: readonly string[]): boolean {
	const name = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(host)?.[1]?.toLowerCase().replace(/\.$/, '');
	if (name === undefined || name === '') {
		return false;
	}
	const isNumeric = isIP(name.replace(/^\[|\]$/g, '')) !== 0;
	return (
		isNumeric || !name.includes('.') || allowHosts.some((allowed) => allowed.toLowerCase() === name)
	);
}
