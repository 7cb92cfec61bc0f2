import type { Fault } from '../../scenarios/scenario.ts';
import { type Answer, textAnswer } from '../response.ts';

/** A step of a chain of redirects: which, and of which attempt. */
export interface Hop {
	/** From 1: the request that the first redirect led to. */
	readonly hop: number;
	readonly attempt: number;
}

interface Asked {
	readonly file: { readonly path: string };
	readonly attempt: number;
	/** Of the request, if it followed a redirect of ours. */
	readonly hop: Hop | undefined;
}

/** @returns `undefined` at the end of the chain. */
export function redirectAnswer(
	fault: Fault & { type: 'redirect' },
	{ file, attempt, hop }: Asked,
): Answer | undefined {
	const done = hop?.hop ?? 0;
	const endless = fault.hops === undefined;
	if (!endless && done >= fault.hops) {
		return undefined;
	}

	// An endless one leads to itself: a client that remembers where it was stops there.
	const location = `${file.path}?flagdl-hop=${endless ? 1 : done + 1}.${attempt}`;
	return textAnswer(fault.status, `see ${location}\n`, { location });
}

/**
 * Leads to itself until the cookie comes along.
 *
 * @returns `undefined` if it does.
 */
export function cookieWallAnswer({ file, attempt, hop }: Asked): Answer | undefined {
	return hop === undefined
		? textAnswer(302, `see ${file.path}\n`, {
				location: file.path,
				'set-cookie': `${COOKIE}=${attempt}; Path=${file.path}`,
			})
		: undefined;
}

const QUERY = /^flagdl-hop=(?<hop>[1-9]\d{0,3})\.(?<attempt>[1-9]\d{0,5})$/;
const COOKIE = 'flagdl-wall';
const COOKIE_PAIR = new RegExp(`(?:^|; ?)${COOKIE}=(?<attempt>[1-9]\\d{0,5})(?:;|$)`);

/** What a request must have to be the next step of a fault's chain, and no new attempt on the path. */
export function hopOf(
	fault: 'redirect' | 'cookie-wall',
	{ query, cookie = '' }: { readonly query: string; readonly cookie: string | undefined },
): Hop | undefined {
	const { groups } = (fault === 'redirect' ? QUERY.exec(query) : COOKIE_PAIR.exec(cookie)) ?? {};
	return groups && { hop: Number(groups['hop'] ?? 1), attempt: Number(groups['attempt']) };
}
