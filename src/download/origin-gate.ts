import type { Gate, Report } from './gate.ts';
import { type Limits, Origin } from './origin.ts';

/** What the main thread can do beside entering: listen to workers that enter by themselves. */
export interface OriginGate extends Gate {
	/** Takes the report of a request that was sent while nothing held its origin back. */
	learn(origin: string, report: Report): void;
	/** Counts answers; the first request was sent at `sinceMs` of `performance.now()`. */
	answered(origin: string, count: number, sinceMs: number): void;
	/** Whether any origin makes its requests wait, now or for the whole run. */
	isHolding(): boolean;
}

/** The gates of all origins of a run, in the main thread. */
export function openGate(limits: Limits): OriginGate {
	const origins = new Map<string, Origin>();
	const originOf = (name: string): Origin => {
		const known = origins.get(name);
		if (known !== undefined) {
			return known;
		}
		const opened = new Origin(name, limits);
		origins.set(name, opened);
		return opened;
	};

	return {
		tryEnter: (name) => originOf(name).tryEnter(),
		enter: async (name, signal) => await originOf(name).enter(signal),
		learn: (name, report) => originOf(name).learn(report, 0),
		answered: (name, count, sinceMs) => originOf(name).answered(count, sinceMs),
		holdOf: (name) => originOf(name).hold,
		isHolding: () =>
			limits.rate !== undefined ||
			limits.maxPerHost !== undefined ||
			[...origins.values()].some((origin) => origin.isHolding),
	};
}
