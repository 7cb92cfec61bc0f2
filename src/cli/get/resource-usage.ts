import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { RunEnd } from '../../events/run-event.ts';

const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

export type Cost = Pick<RunEnd, 'cpuMs' | 'maxRssBytes' | 'eventLoopDelay'>;

/** Begins to measure what this process costs. Asked, it tells the cost so far, and stops. */
export function measureCost(): () => Cost {
	const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
	delay.enable();
	// The histogram counts from tick to tick; only what is beyond the timer's own time is delay.
	const delayMs = (ns: number) =>
		Number.isFinite(ns) ? round(Math.max(0, ns / NS_PER_MS - RESOLUTION_MS)) : 0;

	return () => {
		delay.disable();
		const { user, system } = process.cpuUsage();
		return {
			cpuMs: round((user + system) / 1000),
			maxRssBytes: process.resourceUsage().maxRSS * 1024,
			eventLoopDelay:
				delay.count === 0
					? { p50Ms: 0, p99Ms: 0, maxMs: 0 }
					: {
							p50Ms: delayMs(delay.percentile(50)),
							p99Ms: delayMs(delay.percentile(99)),
							maxMs: delayMs(delay.max),
						},
		};
	};
}

function round(ms: number): number {
	return Math.round(ms * 100) / 100;
}
