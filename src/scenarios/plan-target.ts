import { bodyOffset, type Decide, type Decision, spansOf } from './decide.ts';
import type { PlannedAttempt, PlannedTarget } from './plan.ts';
import type { Fault } from './scenario.ts';
import { type FileTraits, isImagePath, verdictOn } from './verdict.ts';

export interface TargetContext extends ClientLimits {
	readonly decide: Decide;
	/** Attempts after the first. */
	readonly retries: number;
	/** Whether the server has the path. */
	readonly isServed: (path: string) => boolean;
	/** Size of a file, for transfer times. */
	readonly bytesOf: (path: string) => number;
	/** What is known about a file besides its name. */
	readonly traitsOf: ((path: string) => Partial<FileTraits>) | undefined;
	/** Lower-case hexadecimal; absent: the plan contains no digests. */
	readonly sha256Of: ((path: string) => string) | undefined;
}

/** Plans attempts until one succeeds or is final, or the retries are used up. */
export function planTarget(id: string, path: string, context: TargetContext): PlannedTarget {
	const attempts: PlannedAttempt[] = [];
	for (let number = 1; number <= context.retries + 1; number += 1) {
		const attempt = planAttempt(path, number, context);
		attempts.push(attempt);
		if (attempt.result !== 'failed') {
			break;
		}
	}

	const last = attempts.at(-1);
	return {
		id,
		path,
		status: statusAfter(last?.result),
		...(last?.code !== undefined && { code: last.code }),
		requests: attempts.reduce((sum, { requests }) => sum + requests, 0),
		...(last?.result === 'ok' && contentOf(path, context)),
		...(last?.result === 'undetectable' && { undetectable: true }),
		attempts,
	};
}

function contentOf(
	path: string,
	{ bytesOf, sha256Of }: TargetContext,
): Pick<PlannedTarget, 'bytes' | 'sha256'> {
	return sha256Of === undefined ? {} : { bytes: bytesOf(path), sha256: sha256Of(path) };
}

function statusAfter(result: PlannedAttempt['result'] | undefined): PlannedTarget['status'] {
	if (result === 'ok' || result === 'undetectable') {
		return 'ok';
	}
	return result === 'not_found' ? 'not_found' : 'error';
}

function planAttempt(path: string, number: number, context: TargetContext): PlannedAttempt {
	if (!context.isServed(path)) {
		return { number, ...NOT_FOUND_ATTEMPT };
	}

	const decision = context.decide(path, number);
	const fault = decision.claim?.fault;
	const requests = requestsOf(fault);
	const { ms, endedBy } = attemptDuration(decision, requests, context.bytesOf(path), context);
	const verdict =
		endedBy === undefined
			? verdictOn(fault, { isImage: isImagePath(path), ...context.traitsOf?.(path) })
			: ({ result: 'failed', code: endedBy } as const);
	const waitMs = number <= context.retries ? retryAfterMs(fault) : undefined;

	return {
		number,
		latencyMs: decision.latencyMs,
		durationMs: endedBy === undefined && fault?.type === 'stall' ? ms + context.stallTimeMs : ms,
		requests,
		...(decision.claim !== undefined && { rule: decision.claim.rule }),
		...(fault !== undefined && { fault: fault.type }),
		...verdict,
		...(verdict.result === 'failed' && waitMs !== undefined && { waitMs }),
	};
}

const NOT_FOUND_ATTEMPT = {
	latencyMs: 0,
	durationMs: 0,
	requests: 1,
	result: 'not_found',
	code: 'http_404',
} as const;

/** A client that remembers visited URLs detects an endless redirect on the second visit. */
function requestsOf(fault: Fault | undefined): number {
	if (fault?.type === 'cookie-wall') {
		return 2;
	}
	return fault?.type === 'redirect' ? (fault.hops ?? 1) + 1 : 1;
}

/** Honours `Retry-After` for 429 and 503 only. */
function retryAfterMs(fault: Fault | undefined): number | undefined {
	if (fault?.type !== 'status' || (fault.status !== 429 && fault.status !== 503)) {
		return undefined;
	}
	return fault.retryAfter && fault.retryAfter.seconds * 1000;
}

/** Time limits of a correct client. */
export interface ClientLimits {
	/** Longest silence, before or within a response. */
	readonly stallTimeMs: number;
	/** Longest duration of a request; `Infinity`: any. */
	readonly maxTimeMs: number;
	/** Lowest average speed of a response over `speedTimeMs`; 0: any. */
	readonly speedLimitBytesPerSecond: number;
	/** If shorter than `stallTimeMs`, that counts instead. */
	readonly speedTimeMs: number;
}

/** Time in a slot, and the limit by which the client aborts the attempt, if any. */
interface AttemptDuration {
	readonly ms: number;
	readonly endedBy?: 'stalled' | 'too_slow' | 'max_time';
}

/** @param requests - Number of requests: each has the latency, the last one the body. */
function attemptDuration(
	decision: Decision,
	requests: number,
	fileBytes: number,
	{ stallTimeMs, maxTimeMs, speedLimitBytesPerSecond, speedTimeMs }: ClientLimits,
): AttemptDuration {
	const { latencyMs, pauses, claim } = decision;
	const bodyBytes = sentBytes(claim?.fault, fileBytes);
	const metMs = bodyBytes === undefined ? [] : pauses.map(({ ms }) => ms);
	if ([latencyMs, ...metMs].some((ms) => ms >= stallTimeMs)) {
		return { ms: stallTimeMs, endedBy: 'stalled' };
	}

	const pausesMs = metMs.reduce((sum, ms) => sum + ms, 0);
	const spans = spansOf(decision, fileBytes, bodyBytes ?? 0);
	const bodyMs = spans.reduce((sum, { ms }) => sum + ms, 0);
	const lastMs = latencyMs + pausesMs + bodyMs;
	const speedWindowMs = Math.max(speedTimeMs, stallTimeMs);
	const slow = spans.at(-1);
	if (
		slow !== undefined &&
		spans.length > 1 &&
		slow.ms > speedWindowMs &&
		slow.bytes < (speedLimitBytesPerSecond * slow.ms) / 1000
	) {
		return ended(lastMs - slow.ms + speedWindowMs, maxTimeMs);
	}
	const leastBytes = (speedLimitBytesPerSecond * (pausesMs + bodyMs)) / 1000;
	if (pausesMs + bodyMs > speedWindowMs && (bodyBytes ?? 0) < leastBytes) {
		return ended(latencyMs + speedWindowMs, maxTimeMs);
	}
	return lastMs < maxTimeMs
		? { ms: lastMs + latencyMs * (requests - 1) }
		: { ms: maxTimeMs, endedBy: 'max_time' };
}

function ended(ms: number, maxTimeMs: number): AttemptDuration {
	return ms < maxTimeMs ? { ms, endedBy: 'too_slow' } : { ms: maxTimeMs, endedBy: 'max_time' };
}

/** How much of the file is sent; `undefined` if none of its content is sent unaltered. */
export function sentBytes(fault: Fault | undefined, fileBytes: number): number | undefined {
	switch (fault?.type) {
		case 'status':
		case 'substitute':
		case 'encoded':
		case 'restart':
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
		case 'continue':
		case 'cookie-wall':
		case 'range':
		case 'trailing':
			return fileBytes;
	}
}
