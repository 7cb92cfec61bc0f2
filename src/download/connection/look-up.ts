import dns, { type LookupAddress } from 'node:dns';
import process from 'node:process';
import pLimit from 'p-limit';
import { errors } from 'undici';

/** Threads of libuv, unless the environment says otherwise. It gives half of them to look-ups. */
const USUAL_THREADS = 4;

const limit = pLimit(
	Math.max(1, Math.floor(Number(process.env['UV_THREADPOOL_SIZE'] ?? USUAL_THREADS) / 2)),
);

const inFlight = new Map<string, Promise<readonly LookupAddress[]>>();

/**
 * The addresses of a name, asked for once however many connections wait for it.
 *
 * Where the resolver is slow, look-ups queue for libuv's threads. Here they queue before the clock runs:
 * in libuv it would run out for hosts that are well.
 *
 * @param timeoutMs - From the moment on that the resolver is asked.
 * @throws What the resolver says, or undici's `ConnectTimeoutError`.
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
			// No look-up can be cancelled: it keeps its place until it ends.
			await ask(hostname).then(resolve, reject);
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

/** As `net.connect` asks, for all addresses. */
async function ask(hostname: string): Promise<LookupAddress[]> {
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
