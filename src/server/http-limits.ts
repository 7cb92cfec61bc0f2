import type { ServerOptions } from 'node:http';

/** What keeps one bad client from costing the others anything. */
export const SERVER_OPTIONS: ServerOptions = {
	// Headers and body go out in separate writes where a rule slows them: nothing may wait for an ACK.
	noDelay: true,
	// Longer than clients keep idle connections, so that the server never closes one under a request:
	// that would be a fault that no plan knows of.
	keepAliveTimeout: 120_000,
	headersTimeout: 15_000,
	requestTimeout: 30_000,
	connectionsCheckingInterval: 5_000,
	maxHeaderSize: 16 * 1024,
};

/** How long a client may leave an answer unread, or say nothing. */
export const SILENCE_TIMEOUT_MS = 60_000;

/** How long `close` waits for responses: less than the 10 s after which `docker stop` kills. */
export const CLOSE_TIMEOUT_MS = 8_000;

/** How long a client may leave its response unread while the server closes. */
export const CLOSE_SILENCE_TIMEOUT_MS = 2_000;
