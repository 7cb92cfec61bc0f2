import type { Fault } from '../../scenarios/scenario.ts';
import { type PreparedResponse, textResponse } from '../response.ts';

/** Position of a request in the redirect chain of an attempt. */
export interface Hop {
	/** Number of redirects followed, from 1. */
	readonly hop: number;
	readonly attempt: number;
}

interface HopRequest {
	readonly file: { readonly path: string };
	readonly attempt: number;
	/** The redirect of this server that the request followed. */
	readonly hop: Hop | undefined;
}

/** @returns `undefined` at the end of the chain. */
export function redirectResponse(
	fault: Fault & { type: 'redirect' },
	{ file, attempt, hop }: HopRequest,
): PreparedResponse | undefined {
	const done = hop?.hop ?? 0;
	const endless = fault.hops === undefined;
	if (!endless && done >= fault.hops) {
		return undefined;
	}

	// An endless chain points at one URL, so that a client that remembers visited URLs stops.
	const location = `${file.path}?flagdl-hop=${endless ? 1 : done + 1}.${attempt}`;
	return textResponse(fault.status, `see ${location}\n`, { location });
}

/**
 * Redirects to the same path until the request carries the cookie.
 *
 * @returns `undefined` if it does.
 */
export function cookieWallResponse({
	file,
	attempt,
	hop,
}: HopRequest): PreparedResponse | undefined {
	return hop === undefined
		? textResponse(302, `see ${file.path}\n`, {
				location: file.path,
				'set-cookie': `${COOKIE}=${attempt}; Path=${file.path}`,
			})
		: undefined;
}

const QUERY = /^flagdl-hop=(?<hop>[1-9]\d{0,3})\.(?<attempt>[1-9]\d{0,5})$/;
const COOKIE = 'flagdl-wall';
const COOKIE_PAIR = new RegExp(`(?:^|; ?)${COOKIE}=(?<attempt>[1-9]\\d{0,5})(?:;|$)`);

/** Recognizes a request that continues the chain of a fault; any other is a new attempt on the path. */
export function hopOf(
	fault: 'redirect' | 'cookie-wall',
	{ query, cookie = '' }: { readonly query: string; readonly cookie: string | undefined },
): Hop | undefined {
	const { groups } = (fault === 'redirect' ? QUERY.exec(query) : COOKIE_PAIR.exec(cookie)) ?? {};
	return groups && { hop: Number(groups['hop'] ?? 1), attempt: Number(groups['attempt']) };
}
