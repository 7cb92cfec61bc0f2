/** Interim responses (1xx) to one request; a server that goes on with them would never be found silent. */
const MAX_INTERIM = 100;

/** What undici would meet with a failed assertion, never end, or take. */
export class BadResponse extends Error {
	readonly code = 'bad_http';
}

/**
 * Checks a status below 200.
 *
 * @param count - Of interim responses to this request so far.
 * @throws {BadResponse} Which undici hands to `onError`.
 */
export function checkInterim(status: number, count: number): void {
	if (status < 100) {
		throw new BadResponse(`an impossible status: ${String(status).padStart(3, '0')}`);
	}
	if (status === 101) {
		throw new BadResponse('101 Switching Protocols, though no other protocol was asked for');
	}
	if (count > MAX_INTERIM) {
		throw new BadResponse(`more than ${MAX_INTERIM} interim answers (1xx)`);
	}
}
