import { VERSION } from '../util/version.ts';
import { Exchange } from './exchange.ts';
import { openNetwork } from './network.ts';
import type { DownloadOptions } from './options.ts';
import type { TrackedRequest } from './tracked-agent.ts';

/** Fields for the origin they were given for, and no other: curl and browsers do the same. */
const HOME_ONLY = new Set(['authorization', 'cookie', 'host']);

/** One request, before it is known which way it goes. */
export interface Outgoing {
	/** Without user, password and fragment. */
	readonly url: URL;
	/** Further fields, names in lower case. */
	readonly headers: Readonly<Record<string, string>>;
	/** Whether this is an origin that the user's credentials are meant for. */
	readonly home: boolean;
	/** Value of `Authorization`, unless the user has given one. */
	readonly authorization?: string | undefined;
}

export interface HttpClient {
	/** Sends a GET request. */
	send(outgoing: Outgoing): Exchange;
	/** Closes every connection. What is in flight fails. */
	close(): Promise<void>;
}

/**
 * Asks all origins, directly or through proxies.
 *
 * @param connections - Per origin, at most.
 * @param signal - Ends every exchange when aborted.
 */
export function openHttpClient(
	options: DownloadOptions,
	connections: number,
	signal: AbortSignal,
): HttpClient {
	const network = openNetwork(options, connections);
	const fieldsOf = requestFields(options);
	const inFlight = new Set<Exchange>();

	const abortAll = () => {
		for (const exchange of inFlight) exchange.abort(abortReason(signal));
	};
	signal.addEventListener('abort', abortAll, { once: true });

	return {
		send(outgoing) {
			const { agent, proxy, ...hop } = network.route(outgoing.url);
			const headers = { ...hop.headers, ...fieldsOf(outgoing) };
			const request: TrackedRequest = { ...hop, method: 'GET', headers, track: {} };
			const exchange = new Exchange(
				() => request.track.client?.connection,
				(ended) => inFlight.delete(ended),
				proxy?.host,
			);
			inFlight.add(exchange);
			agent.dispatch(request, exchange);
			if (signal.aborted) exchange.abort(abortReason(signal));
			return exchange;
		},
		async close() {
			signal.removeEventListener('abort', abortAll);
			await network.close();
		},
	};
}

function abortReason(signal: AbortSignal): Error {
	return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}

function requestFields(options: DownloadOptions): (outgoing: Outgoing) => Record<string, string> {
	const { 'proxy-authorization': forProxy, ...given } = options.headers;
	const fields = {
		'user-agent': `flagdl/${VERSION}`,
		accept: '*/*',
		// A small file gains nothing from gzip, and its length and digest are those of the file.
		'accept-encoding': 'identity',
	};
	const portable = Object.entries(given).filter(([name]) => !HOME_ONLY.has(name));
	// Without a proxy it is a field like any other; with one it is for the proxy alone.
	const forOrigin = options.proxy === undefined && forProxy !== undefined;
	const abroad: Record<string, string> = { ...fields, ...Object.fromEntries(portable) };
	const atHome: Record<string, string> = {
		...fields,
		...given,
		...(forOrigin && { 'proxy-authorization': forProxy }),
	};
	return ({ headers, home, authorization }) => ({
		...(authorization !== undefined && { authorization }),
		...(home ? atHome : abroad),
		...headers,
	});
}
