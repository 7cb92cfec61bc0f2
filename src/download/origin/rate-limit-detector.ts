import type { RequestResult } from './limiter.ts';

/** Pause after a refusal without `Retry-After`: servers usually count requests per second. */
const ASSUMED_PAUSE_MS = 1000;

/** This many refusals among the last 32 responses raise the suspicion of a rate limit. */
const SUSPECT_REFUSALS = 16;

/** Responses judged after the pause: under a rate limit nearly all succeed, in an outage none. */
const TRIAL_ANSWERS = 16;
const TRIAL_REFUSALS_MAX = 2;

type Finding =
	| { readonly kind: 'open' }
	| { readonly kind: 'trial'; readonly sinceMs: number; answers: number; refusals: number }
	| { readonly kind: 'limited' }
	| { readonly kind: 'unrelated' };

interface OriginHistory {
	/** One bit for each of the last 32 responses, set if it was a refusal; the latest is the lowest bit. */
	recent: number;
	finding: Finding;
}

/**
 * Distinguishes rate limits without `Retry-After` from servers that fail at random.
 *
 * A 429 is always a rate limit. A 503 may be one: it is the default of nginx (`limit_req`). If half
 * the recent responses are 503, the origin is paused and paced as after `Retry-After: 1`. If that
 * helps, every further 503 of that origin counts as a rate limit.
 */
export class RateLimitDetector {
	readonly #histories = new Map<string, OriginHistory>();

	/**
	 * Classifies a response without `Retry-After`.
	 *
	 * @param startMs - When the request was sent, on the clock of `nowMs`.
	 * @param nowMs - When the response arrived.
	 */
	result(origin: string, status: number, startMs: number, nowMs: number): RequestResult {
		if (status === 429) {
			return REFUSED;
		}
		let history = this.#histories.get(origin);
		if (history === undefined) {
			history = { recent: 0, finding: { kind: 'open' } };
			this.#histories.set(origin, history);
		}
		const refused = status === 503;
		const { finding } = history;
		switch (finding.kind) {
			case 'limited':
				return refused ? REFUSED : ANSWERED;
			case 'unrelated':
				return ANSWERED;
			case 'trial':
				if (startMs >= finding.sinceMs) {
					history.finding = verdict(finding, refused);
				}
				return ANSWERED;
			case 'open':
				history.recent = (history.recent << 1) | Number(refused);
				if (!refused || popCount(history.recent) < SUSPECT_REFUSALS) {
					return ANSWERED;
				}
				history.finding = { kind: 'trial', sinceMs: nowMs, answers: 0, refusals: 0 };
				return SUSPECTED;
		}
	}
}

const ANSWERED: RequestResult = { kind: 'answered' };
const REFUSED: RequestResult = { kind: 'refused', status: 429, retryAfterMs: ASSUMED_PAUSE_MS };
/** Treated like an outage, after which the pace rises quickly, since the suspicion may be wrong. */
const SUSPECTED: RequestResult = { kind: 'refused', status: 503, retryAfterMs: ASSUMED_PAUSE_MS };

function verdict(trial: Extract<Finding, { kind: 'trial' }>, refused: boolean): Finding {
	trial.answers += 1;
	trial.refusals += Number(refused);
	if (trial.refusals > TRIAL_REFUSALS_MAX) {
		return { kind: 'unrelated' };
	}
	return trial.answers < TRIAL_ANSWERS ? trial : { kind: 'limited' };
}

function popCount(bits: number): number {
	let count = 0;
	for (let left = bits; left !== 0; left &= left - 1) {
		count += 1;
	}
	return count;
}
