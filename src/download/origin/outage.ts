/** An origin that cannot be reached is probed after 0.25, 0.5, 1, 2 … s. */
const FIRST_PROBE_MS = 250;
const PROBE_INTERVAL_MAX_MS = 30_000;

/**
 * From the first failure to connect until a probe gets through. Plain data; times are milliseconds on
 * the caller's clock.
 */
export interface Outage {
	readonly sinceMs: number;
	/** Of the last failure. */
	code: string;
	failures: number;
	/** The target that found it. While it is the only one, it retries by itself. */
	readonly foundBy: number;
	/** Then one request probes the origin, and all others wait. */
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
 * Starts a probe, if one is due.
 *
 * @param notBeforeMs - What else the next request must wait for.
 * @returns When a probe may start: now, later, or never while another one is under way.
 */
export function startProbe(outage: Outage, notBeforeMs: number, nowMs: number): number {
	if (outage.isProbing) {
		return Number.POSITIVE_INFINITY;
	}
	const probeMs = Math.max(outage.nextProbeMs, notBeforeMs);
	outage.isProbing = probeMs <= nowMs;
	return probeMs;
}

/** The next probe comes later; the last one when the origin is given up. */
export function recordFailedProbe(outage: Outage, giveUpAfterMs: number, nowMs: number): void {
	outage.isProbing = false;
	outage.nextProbeMs = Math.min(nowMs + outage.probeIntervalMs, outage.sinceMs + giveUpAfterMs);
	outage.probeIntervalMs = Math.min(outage.probeIntervalMs * 2, PROBE_INTERVAL_MAX_MS);
}
