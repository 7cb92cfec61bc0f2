import { createHash } from 'node:crypto';

const BASE_MS = 500;
const FACTOR = 2;
const CAP_MS = 30_000;

/**
 * Exponential back-off with full jitter: anything between nothing and the exponential bound, so that
 * clients which failed together do not come back together.
 *
 * @param retry - 0 for the first retry.
 * @param random - Of [0, 1).
 * @returns The wait in milliseconds.
 * @see {@link https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/}
 */
export function backOffMs(retry: number, random: number): number {
	return backOffBoundMs(retry) * random;
}

/** The longest wait before a retry, in milliseconds. */
export function backOffBoundMs(retry: number): number {
	return Math.min(CAP_MS, BASE_MS * FACTOR ** retry);
}

/**
 * The random number of one back-off.
 *
 * With a seed it is a function of (seed, URL, retry), so that a run can be repeated whatever the
 * order in which its targets fail.
 */
export function jitter(seed: number | undefined, url: string, retry: number): number {
	if (seed === undefined) {
		return Math.random();
	}
	const hash = createHash('sha256').update(`${seed}\n${url}\n${retry}`).digest();
	return hash.readUIntBE(0, 6) / 2 ** 48;
}
