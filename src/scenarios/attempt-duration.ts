import { bodyOffset } from './body-offset.ts';
import type { Decision } from './decide.ts';
import type { Fault } from './scenario.ts';

/** How long a correct client puts up with a server. */
export interface Patience {
	/** Longest silence, before or within an answer. */
	readonly stallTimeMs: number;
	/** Of each request. */
	readonly maxTimeMs: number;
}

/**
 * @param requests - Of the attempt: each has the latency, the last one the body.
 * @returns Milliseconds in a slot; `undefined` where the client runs out of patience before the end.
 */
export function attemptDurationMs(
	{ latencyMs, pauses, bytesPerSecond, claim }: Decision,
	requests: number,
	fileBytes: number,
	{ stallTimeMs, maxTimeMs }: Patience,
): number | undefined {
	const bodyBytes = sentBytes(claim?.fault, fileBytes);
	const metMs = bodyBytes === undefined ? [] : pauses.map(({ ms }) => ms);
	if ([latencyMs, ...metMs].some((ms) => ms >= stallTimeMs)) {
		return undefined;
	}

	const pausesMs = metMs.reduce((sum, ms) => sum + ms, 0);
	const bodyMs = bytesPerSecond === undefined ? 0 : ((bodyBytes ?? 0) / bytesPerSecond) * 1000;
	const lastMs = latencyMs + pausesMs + bodyMs;
	return lastMs < maxTimeMs ? lastMs + latencyMs * (requests - 1) : undefined;
}

/** How much of the file is sent; `undefined` where its body is never begun. */
function sentBytes(fault: Fault | undefined, fileBytes: number): number | undefined {
	switch (fault?.type) {
		case 'status':
		case 'substitute':
			return undefined;
		case 'reset':
		case 'close':
		case 'stall':
			return typeof fault.at === 'object' ? bodyOffset(fault.at, fileBytes) : undefined;
		case 'truncate':
			return bodyOffset(fault.at, fileBytes);
		case 'redirect':
			return fault.hops === undefined ? undefined : fileBytes;
		case 'malformed':
			return fault.what === 'chunk' || fault.what === 'status-line' ? undefined : fileBytes;
		case undefined:
		case 'corrupt':
		case 'keepalive-race':
			return fileBytes;
	}
}
