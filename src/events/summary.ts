import type { Outcome } from '../download/outcome.ts';
import type { Mutable } from '../util/types.ts';
import type { Summary, Totals } from './run-event.ts';

/** A summary while outcomes are added to it. */
export interface Sum extends Mutable<Omit<Summary, 'totals'>> {
	readonly totals: Mutable<Totals>;
}

export function emptySum(): Sum {
	return {
		totals: { ok: 0, unchanged: 0, skipped: 0, not_found: 0, error: 0, cancelled: 0 },
		requests: 0,
		retries: 0,
		bytes: 0,
	};
}

export function addOutcome(sum: Sum, { status, requests, retries, bytes }: Outcome): void {
	sum.totals[status] += 1;
	sum.requests += requests;
	sum.retries += retries;
	sum.bytes += bytes;
}

/** Number of targets that ended, in whatever way. */
export function countAll(totals: Totals): number {
	return Object.values(totals).reduce((sum, count) => sum + count, 0);
}

/** Number of targets whose file is not there. */
export function countMissing({ not_found, error, cancelled }: Totals): number {
	return not_found + error + cancelled;
}
