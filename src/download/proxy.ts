import { basicAuthorization } from './basic-authorization.ts';
import { parseNoProxy } from './no-proxy.ts';
import type { ProxyOptions } from './options.ts';

/** A proxy of HTTP. */
export interface HttpProxy {
	readonly origin: string;
	/** With its port, for messages. */
	readonly host: string;
	/** Value of `Proxy-Authorization`. */
	readonly authorization?: string;
}

export interface Proxies {
	/** Whether everything is asked directly. */
	readonly none: boolean;
	/** Asked for URLs of http. */
	readonly http?: HttpProxy;
	/** Asked to connect to the hosts of URLs of https. */
	readonly https?: HttpProxy;
	/** @returns `undefined` where the URL is asked directly. */
	of(url: URL): HttpProxy | undefined;
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
		...(http !== undefined && { http }),
		...(https !== undefined && { https }),
		of(url) {
			const proxy = url.protocol === 'https:' ? https : http;
			return proxy === undefined || isDirect(url) ? undefined : proxy;
		},
	};
}

function readProxy(text: string, given: string | undefined): HttpProxy {
	const { origin, host, username, password } = new URL(text);
	const authorization = given ?? basicAuthorization(`${username}:${password}`);
	return { origin, host, ...(authorization !== undefined && { authorization }) };
}
