/**
 * How fast requests may follow one another: evenly spaced starts.
 *
 * A fixed pace holds `--rate`. A measured one starts below what the origin has shown to bear and
 * probes upwards: slowly near the known bound, faster the longer nothing is refused, as CUBIC does
 * for TCP.
 */
export interface Pace {
	/** When the next request may start, in milliseconds of `performance.now()`. Takes that turn. */
	nextTurnMs(nowMs: number): number;
}

const PROBE_PER_S2 = 0.002;

/** How a pace rises while nothing is refused; the argument is in seconds, the result a factor. */
export const GROWTH: Readonly<Record<Probing, (cleanS: number) => number>> = {
	never: () => 1,
	/** Near a rate that the origin has named: 4 % after 4.5 s, 20 % after 10 s, double after 22 s. */
	carefully: (cleanS) => 1 + PROBE_PER_S2 * cleanS ** 2,
	/** After an outage, which says little about rates: double after each second. */
	boldly: (cleanS) => 2 ** Math.min(cleanS, 20),
};

export type Probing = 'never' | 'carefully' | 'boldly';

/**
 * @param perSecond - Requests per second at the start.
 * @param startMs - When the first may start, in milliseconds of `performance.now()`.
 */
export function openPace(perSecond: number, startMs: number, probing: Probing): Pace {
	let turnMs = startMs;
	return {
		nextTurnMs(nowMs) {
			turnMs = Math.max(turnMs, nowMs);
			const mine = turnMs;
			const cleanS = (mine - startMs) / 1000;
			turnMs += 1000 / (perSecond * GROWTH[probing](cleanS));
			return mine;
		},
	};
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
