import { insertSorted } from '../util/members.ts';
import { hundredths } from '../util/units.ts';
import type { PlannedTarget, PlannedTime } from './plan.ts';
import type { Limits } from './scenario.ts';

/**
 * How long the planned attempts take with a number of slots, if client and network take no time.
 *
 * `idealMs` starts targets in order and retries them as soon as allowed, each on the first free slot.
 * That need not be the fastest order; `lowerBoundMs` holds for any order.
 */
export function planTime(
	targets: readonly PlannedTarget[],
	concurrency: number,
	limits: Limits,
): PlannedTime {
	const { maxInFlight = concurrency, maxConnections = concurrency } = limits;
	const slots = Math.min(concurrency, maxInFlight, maxConnections);
	return {
		concurrency,
		idealMs: hundredths(greedyMs(targets, slots, limits)),
		lowerBoundMs: hundredths(lowerBoundMs(targets, slots, limits)),
	};
}

function greedyMs(targets: readonly PlannedTarget[], slots: number, { rate }: Limits): number {
	const freeAtMs = Array.from({ length: slots }, () => 0);
	const ready = targets.map((target) => ({ atMs: 0, target, attempt: 0 }));
	const requestStartsMs: number[] = [];
	let endMs = 0;

	// It grows meanwhile: a retry is inserted after the job that it follows.
	for (const job of ready) {
		const attempt = job.target.attempts[job.attempt];
		if (attempt === undefined) {
			continue;
		}

		const slot = freeAtMs.indexOf(Math.min(...freeAtMs));
		let startMs = Math.max(job.atMs, freeAtMs[slot] ?? 0);
		for (let request = 0; rate !== undefined && request < attempt.requests; request += 1) {
			const oldestMs = requestStartsMs[requestStartsMs.length - rate.requests];
			startMs = Math.max(startMs, (oldestMs ?? Number.NEGATIVE_INFINITY) + rate.windowMs);
			requestStartsMs.push(startMs);
		}
		const attemptEndMs = startMs + attempt.durationMs;
		freeAtMs[slot] = attemptEndMs;
		endMs = Math.max(endMs, attemptEndMs);
		const next = { ...job, atMs: attemptEndMs + (attempt.waitMs ?? 0), attempt: job.attempt + 1 };
		if (next.attempt < job.target.attempts.length) {
			insertSorted(ready, next, ({ atMs }) => atMs);
		}
	}
	return endMs;
}

function lowerBoundMs(targets: readonly PlannedTarget[], slots: number, { rate }: Limits): number {
	const durations = targets.flatMap(({ attempts }) => attempts.map(({ durationMs }) => durationMs));
	const chains = targets.map(({ attempts }) =>
		attempts.reduce((sum, { durationMs }, index) => {
			// No wait follows the last attempt.
			return sum + durationMs + (attempts[index - 1]?.waitMs ?? 0);
		}, 0),
	);
	const requests = targets.reduce((sum, target) => sum + target.requests, 0);
	return Math.max(
		durations.reduce((sum, ms) => sum + ms, 0) / slots,
		// Not spread: a million arguments overflow the stack.
		chains.reduce((longest, ms) => Math.max(longest, ms), 0),
		fullestSlotMs(durations, slots),
		rate === undefined ? 0 : Math.floor((requests - 1) / rate.requests) * rate.windowMs,
	);
}

/**
 * Of the longest k × slots + 1 attempts, some slot has k + 1, which take at least as long as the
 * shortest k + 1 of them. With equal latencies this bound is exact: ceil(n / slots) × latency.
 */
function fullestSlotMs(durations: readonly number[], slots: number): number {
	const longestFirst = [...durations].sort((a, b) => b - a);
	let most = 0;
	for (let k = 1; k * slots < longestFirst.length; k += 1) {
		const last = k * slots + 1;
		const sum = longestFirst.slice(last - k - 1, last).reduce((total, ms) => total + ms, 0);
		most = Math.max(most, sum);
	}
	return most;
}
