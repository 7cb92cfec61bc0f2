import dns, { type LookupAddress } from 'node:dns';
import process from 'node:process';
import pLimit from 'p-limit';
import { errors } from 'undici';

/** Default size of libuv's thread pool, half of which runs DNS lookups. */
const DEFAULT_THREADS = 4;

const threads = Number.parseInt(process.env['UV_THREADPOOL_SIZE'] ?? String(DEFAULT_THREADS), 10);
// Like libuv, takes text that is no number for 0.
const limit = pLimit(Math.max(1, Math.floor((threads || 0) / 2)));

const inFlight = new Map<string, Promise<readonly LookupAddress[]>>();

/**
 * Resolves a name; concurrent calls share one lookup.
 *
 * If the resolver is slow, lookups queue for libuv's threads. They queue here instead, before the timer
 * starts: in libuv's queue it would expire for healthy hosts.
 *
 * @param timeoutMs - Counts from the start of the lookup.
 * @throws The resolver's error, or undici's `ConnectTimeoutError`.
 */
export async function lookUp(
	hostname: string,
	timeoutMs: number,
): Promise<readonly LookupAddress[]> {
	const known = inFlight.get(hostname);
	if (known !== undefined) {
		return await known;
	}
	const addresses = new Promise<readonly LookupAddress[]>((resolve, reject) => {
		void limit(async () => {
			const timer = setTimeout(() => {
				reject(new errors.ConnectTimeoutError(`the resolver has not answered for ${hostname}`));
			}, timeoutMs);
			// A lookup cannot be cancelled, so it occupies its thread until it ends.
			await lookUpAll(hostname).then(resolve, reject);
			clearTimeout(timer);
		});
	});
	inFlight.set(hostname, addresses);
	try {
		return await addresses;
	} finally {
		inFlight.delete(hostname);
	}
}

/** Calls `dns.lookup` like `net.connect`, for all addresses. */
async function lookUpAll(hostname: string): Promise<LookupAddress[]> {
	const hints = process.platform === 'win32' ? 0 : dns.ADDRCONFIG;
	return await new Promise((resolve, reject) => {
		dns.lookup(hostname, { all: true, hints }, (error, found) => {
			if (error === null) {
				resolve(found);
			} else {
				reject(error);
			}
		});
	});
}
