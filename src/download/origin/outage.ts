/** An unreachable origin is probed after 0.25 s, then at intervals of 0.5, 1, 2 … s. */
const FIRST_PROBE_MS = 250;
const PROBE_INTERVAL_MAX_MS = 30_000;

/**
 * Lasts from the first failure to connect until a probe succeeds. Plain data; times are milliseconds
 * on the caller's clock.
 */
export interface Outage {
	readonly sinceMs: number;
	/** Code of the last failure. */
	code: string;
	failures: number;
	/** Index of the first target that failed. While no other target is affected, it uses its own retries. */
	readonly foundBy: number;
	/** Whether several targets are affected: then one request probes the origin and all others wait. */
	isShared: boolean;
	nextProbeMs: number;
	probeIntervalMs: number;
	isProbing: boolean;
}

export function createOutage(
	foundBy: number,
	code: string,
	isShared: boolean,
	nowMs: number,
): Outage {
	return {
		sinceMs: nowMs,
		code,
		failures: 1,
		foundBy,
		isShared,
		nextProbeMs: nowMs + FIRST_PROBE_MS,
		probeIntervalMs: FIRST_PROBE_MS * 2,
		isProbing: false,
	};
}

/**
 * Starts a probe if one is due.
 *
 * @param notBeforeMs - Earliest time that pauses and rates allow.
 * @returns When a probe may start; infinity while another one is in flight.
 */
export function startProbe(outage: Outage, notBeforeMs: number, nowMs: number): number {
	if (outage.isProbing) {
		return Number.POSITIVE_INFINITY;
	}
	const probeMs = Math.max(outage.nextProbeMs, notBeforeMs);
	outage.isProbing = probeMs <= nowMs;
	return probeMs;
}

/** Schedules the next probe; the last one is due when the origin would be given up. */
export function recordFailedProbe(outage: Outage, giveUpAfterMs: number, nowMs: number): void {
	outage.isProbing = false;
	outage.nextProbeMs = Math.min(nowMs + outage.probeIntervalMs, outage.sinceMs + giveUpAfterMs);
	outage.probeIntervalMs = Math.min(outage.probeIntervalMs * 2, PROBE_INTERVAL_MAX_MS);
}
