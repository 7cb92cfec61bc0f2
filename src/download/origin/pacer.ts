/**
 * Spaces the starts of requests evenly. Plain data.
 *
 * A fixed pace enforces `--rate`. A measured one starts below the rate that the origin sustained and
 * probes upwards: slowly near the known bound, faster the longer nothing is refused, like CUBIC in TCP.
 */
export interface Pacer {
	/** Initial rate. */
	readonly perSecond: number;
	/** When the first request may start. All times are milliseconds on the caller's clock. */
	readonly startMs: number;
	readonly growth: Growth;
	/** When the next request may start. */
	nextMs: number;
}

export type Growth = 'fixed' | 'cubic' | 'exponential';

const PROBE_PER_S2 = 0.002;

/** Factor by which a pace has risen after so many seconds without a refusal. */
const GROWTH: Readonly<Record<Growth, (unrefusedS: number) => number>> = {
	fixed: () => 1,
	/** After a rate limit, starting near its bound: 4 % after 4.5 s, 20 % after 10 s, double after 22 s. */
	cubic: (unrefusedS) => 1 + PROBE_PER_S2 * unrefusedS ** 2,
	/** After an outage, which reveals little about rates: doubles every second. */
	exponential: (unrefusedS) => 2 ** Math.min(unrefusedS, 20),
};

export function createPacer(perSecond: number, startMs: number, growth: Growth): Pacer {
	return { perSecond, startMs, growth, nextMs: startMs };
}

/** Reserves the next turn. @returns When that request may start. */
export function takeTurnMs(pacer: Pacer, nowMs: number): number {
	const turnMs = Math.max(pacer.nextMs, nowMs);
	const unrefusedS = (turnMs - pacer.startMs) / 1000;
	pacer.nextMs = turnMs + 1000 / (pacer.perSecond * GROWTH[pacer.growth](unrefusedS));
	return turnMs;
}

/**
 * Estimates the rate that an origin sustains when it first refuses: its responses so far, divided by
 * the time they took plus the requested pause. (Together these span the unknown window of the limit.)
 *
 * @returns Requests per second, more than 0.
 */
export function sustainableRate(answers: number, elapsedMs: number, retryAfterMs: number): number {
	return (Math.max(1, answers) * 1000) / Math.max(1, elapsedMs + retryAfterMs);
}
