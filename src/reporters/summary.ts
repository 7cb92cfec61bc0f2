import type { Outcome } from '../download/outcome.ts';
import type { Summary, Totals } from './event.ts';

export const EMPTY_SUMMARY: Summary = {
	totals: { ok: 0, unchanged: 0, skipped: 0, not_found: 0, error: 0, cancelled: 0 },
	requests: 0,
	retries: 0,
	bytes: 0,
};

export function addOutcome(summary: Summary, outcome: Outcome): Summary {
	const { totals, requests, retries, bytes } = summary;
	return {
		totals: { ...totals, [outcome.status]: totals[outcome.status] + 1 },
		requests: requests + outcome.requests,
		retries: retries + outcome.retries,
		bytes: bytes + outcome.bytes,
	};
}

/** Number of targets that ended, in whatever way. */
export function countAll(totals: Totals): number {
	return Object.values(totals).reduce((sum, count) => sum + count, 0);
}

/** Number of targets whose file is not there. */
export function countMissing({ not_found, error, cancelled }: Totals): number {
	return not_found + error + cancelled;
}
