/**
 * How fast requests may follow one another: evenly spaced starts. Plain data.
 *
 * A fixed pace holds `--rate`. A measured one starts below what the origin has shown to bear and
 * probes upwards: slowly near the known bound, faster the longer nothing is refused, as CUBIC does
 * for TCP.
 */
export interface Pacer {
	/** At the start. */
	readonly perSecond: number;
	/** When the first request may start; all times are milliseconds on the caller's clock. */
	readonly startMs: number;
	readonly growth: Growth;
	/** When the next request may start. */
	nextMs: number;
}

export type Growth = 'fixed' | 'cubic' | 'exponential';

const PROBE_PER_S2 = 0.002;

/** How a pace rises while nothing is refused; the argument is in seconds, the result a factor. */
const GROWTH: Readonly<Record<Growth, (cleanS: number) => number>> = {
	fixed: () => 1,
	/** Near a rate that the origin has named: 4 % after 4.5 s, 20 % after 10 s, double after 22 s. */
	cubic: (cleanS) => 1 + PROBE_PER_S2 * cleanS ** 2,
	/** After an outage, which says little about rates: double after each second. */
	exponential: (cleanS) => 2 ** Math.min(cleanS, 20),
};

export function createPacer(perSecond: number, startMs: number, growth: Growth): Pacer {
	return { perSecond, startMs, growth, nextMs: startMs };
}

/** @returns When the next request may start; that turn is taken. */
export function takeTurnMs(pacer: Pacer, nowMs: number): number {
	const turnMs = Math.max(pacer.nextMs, nowMs);
	const cleanS = (turnMs - pacer.startMs) / 1000;
	pacer.nextMs = turnMs + 1000 / (pacer.perSecond * GROWTH[pacer.growth](cleanS));
	return turnMs;
}

/**
 * What an origin bears, measured when it first refused: the answers it gave, over the time that they
 * took and the pause that it asks for. (Its window is not known; both together span it.)
 *
 * @returns Requests per second, more than 0.
 */
export function bearableRate(answers: number, elapsedMs: number, retryAfterMs: number): number {
	return (Math.max(1, answers) * 1000) / Math.max(1, elapsedMs + retryAfterMs);
}
