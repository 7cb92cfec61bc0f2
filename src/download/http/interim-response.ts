/** Limit per request: a server that keeps sending 1xx responses would never time out. */
const MAX_INTERIM = 100;

/** A response that undici would accept, wait on forever, or fail an assertion on. */
export class BadResponse extends Error {
	readonly code = 'bad_http';
}

/**
 * Checks a status below 200.
 *
 * @param count - Number of interim responses to this request so far.
 * @throws {BadResponse} undici passes it to `onError`.
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
