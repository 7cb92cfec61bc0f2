import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Plan } from '../scenarios/plan.ts';
import { quote } from '../util/text.ts';
import type { RequestLog } from './request-log.ts';
import { type Arrival, jsonResponse, type PreparedResponse, textResponse } from './response.ts';

export interface ControlContext {
	readonly log: RequestLog;
	/** Additional host names of this server. */
	readonly allowHosts: readonly string[];
	readonly reset: () => void;
	/** Absent with an upstream, whose responses are unknown. */
	readonly plan: MakePlan | undefined;
}

type MakePlan = (
	options: { readonly retries: number },
	targets: readonly string[] | undefined,
) => Promise<Plan>;

/** `GET /__flagdl/log`, `GET /__flagdl/plan` and `POST /__flagdl/reset`. */
export function controlResponse(
	{ method, path, query, request }: Arrival,
	{ log, allowHosts, reset, plan }: ControlContext,
): PreparedResponse | undefined | Promise<PreparedResponse> {
	if (!path.startsWith('/__flagdl/')) {
		return undefined;
	}
	const refusal = controlRefusal(request, allowHosts);
	if (refusal !== undefined) {
		return textResponse(403, `${refusal}\n`, { connection: 'close' });
	}
	const isReset = path === '/__flagdl/reset';
	if (!isReset && path !== '/__flagdl/log' && path !== '/__flagdl/plan') {
		return undefined;
	}
	const allow = isReset ? 'POST' : 'GET, HEAD';
	if (!allow.split(', ').includes(method)) {
		return textResponse(405, 'method not allowed\n', { allow, connection: 'close' });
	}
	if (isReset) {
		reset();
		return { status: 204, headers: { 'cache-control': 'no-store' } };
	}
	return path === '/__flagdl/plan'
		? planResponse(query, plan)
		: jsonResponse(200, { summary: log.summary(), gone: log.dropped, requests: log.entries() });
}

/** `?retries=3&path=/a.txt&path=/b.txt`; without paths, all files. */
async function planResponse(query: string, plan: MakePlan | undefined): Promise<PreparedResponse> {
	if (plan === undefined) {
		return textResponse(404, 'no plan: what the service of --upstream answers is not known\n');
	}
	const fields = new URLSearchParams(query);
	const retries = fields.get('retries') ?? '3';
	const paths = fields.getAll('path');
	if (!/^\d{1,4}$/.test(retries) || paths.some((path) => !path.startsWith('/'))) {
		const allowed = 'allowed: retries=3, path=/a.txt (repeatable, as it stands in a URL)';
		return textResponse(400, `found ${quote(query)}; ${allowed}\n`);
	}
	const targets = paths.length === 0 ? undefined : paths;
	return jsonResponse(200, await plan({ retries: Number(retries) }, targets));
}

/**
 * Why a control route must refuse this request: a web page may send requests to this machine, also
 * under a host name of its own that resolves to it (DNS rebinding).
 *
 * @param allowHosts - Additional host names of this server.
 * @returns `undefined` if the request is allowed.
 */
function controlRefusal(
	{ headersDistinct, url = '' }: IncomingMessage,
	allowHosts: readonly string[],
): string | undefined {
	const { host = [], origin = [], 'sec-fetch-site': sites = [] } = headersDistinct;
	const authority = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
	const hosts = authority === undefined ? host : [...host, authority];

	const foreignHost = hosts.find((name) => !isOwnHost(name, allowHosts));
	if (foreignHost !== undefined) {
		return `control routes do not answer to the Host ${quote(foreignHost)}. Allowed are IP addresses, localhost, names without a dot, and names given with --allow-host`;
	}
	const foreignOrigin = origin.find((one) => !hosts.some((name) => isOriginOf(name, one)));
	if (foreignOrigin !== undefined) {
		return `control routes do not answer to pages of the Origin ${quote(foreignOrigin)}, only to pages of this server`;
	}
	if (sites.some((site) => site.toLowerCase() === 'cross-site')) {
		return 'control routes do not answer to pages of other sites (Sec-Fetch-Site: cross-site)';
	}
	return undefined;
}

const HOST_AND_PORT = /^(?:\[([\da-f:.%]+)\]|([\w.-]+))(?::\d*)?$/i;

function isOwnHost(host: string, allowHosts: readonly string[]): boolean {
	const [, ipv6 = '', written = ''] = HOST_AND_PORT.exec(host) ?? [];
	const name = withoutLastDot(written);
	return (
		isIP(ipv6) === 6 ||
		isIP(name) === 4 ||
		(name !== '' && !name.includes('.')) ||
		allowHosts.some((allowed) => withoutLastDot(allowed) === name)
	);
}

function withoutLastDot(name: string): string {
	return name.toLowerCase().replace(/\.$/, '');
}

/** Uses the scheme of the origin, since a proxy may be in front. The URL parser drops the scheme's default port. */
function isOriginOf(host: string, origin: string): boolean {
	const scheme = /^https?:/i.exec(origin)?.[0];
	const own = `${scheme}//${host}`;
	return (
		scheme !== undefined &&
		URL.canParse(origin) &&
		URL.canParse(own) &&
		new URL(origin).origin === new URL(own).origin
	);
}
