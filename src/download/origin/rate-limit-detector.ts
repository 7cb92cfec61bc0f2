import type { RequestResult } from './limiter.ts';

/**
 * What a refusal is taken to ask for that does not say so, in milliseconds: servers count requests
 * by the second.
 */
const ASSUMED_PAUSE_MS = 1000;

/** So many of the last 32 answers are refusals before they are suspected to be of a rate limit. */
const SUSPICIOUS = 16;

/** So many answers after the pause tell: of a rate limit nearly all are good, of an outage none. */
const TRIAL_ANSWERS = 16;
const TRIAL_REFUSALS_MAX = 2;

type Finding =
	| { readonly kind: 'open' }
	| { readonly kind: 'trial'; readonly sinceMs: number; answers: number; refusals: number }
	| { readonly kind: 'limited' }
	| { readonly kind: 'unrelated' };

interface Record {
	/** Bit by bit, whether the last 32 answers were refusals; the last one is the lowest bit. */
	recent: number;
	finding: Finding;
}

/**
 * Tells rate limits that come without `Retry-After` from servers that fail at random.
 *
 * A 429 is a rate limit whatever it brings along. A 503 may be one, too: it is what nginx answers by
 * default (`limit_req`). Where half the answers are such, the origin is paused and paced as after a
 * `Retry-After` of a second; if that helps, so is every further refusal of that origin taken.
 */
export class RateLimitDetector {
	readonly #records = new Map<string, Record>();

	/**
	 * @param startMs - When the request was sent, by the clock of `nowMs`.
	 * @param nowMs - When it was answered.
	 * @returns The result where the answer has no `Retry-After`.
	 */
	result(origin: string, status: number, startMs: number, nowMs: number): RequestResult {
		if (status === 429) {
			return REFUSED;
		}
		let record = this.#records.get(origin);
		if (record === undefined) {
			record = { recent: 0, finding: { kind: 'open' } };
			this.#records.set(origin, record);
		}
		const refused = status === 503;
		const { finding } = record;
		switch (finding.kind) {
			case 'limited':
				return refused ? REFUSED : ANSWERED;
			case 'unrelated':
				return ANSWERED;
			case 'trial':
				if (startMs >= finding.sinceMs) {
					record.finding = verdict(finding, refused);
				}
				return ANSWERED;
			case 'open':
				record.recent = (record.recent << 1) | Number(refused);
				if (!refused || ones(record.recent) < SUSPICIOUS) {
					return ANSWERED;
				}
				record.finding = { kind: 'trial', sinceMs: nowMs, answers: 0, refusals: 0 };
				return SUSPECTED;
		}
	}
}

const ANSWERED: RequestResult = { kind: 'answered' };
const REFUSED: RequestResult = { kind: 'refused', status: 429, retryAfterMs: ASSUMED_PAUSE_MS };
/** As of an outage, after which the pace soon rises: the suspicion may be wrong. */
const SUSPECTED: RequestResult = { kind: 'refused', status: 503, retryAfterMs: ASSUMED_PAUSE_MS };

function verdict(trial: Extract<Finding, { kind: 'trial' }>, refused: boolean): Finding {
	trial.answers += 1;
	trial.refusals += Number(refused);
	if (trial.refusals > TRIAL_REFUSALS_MAX) {
		return { kind: 'unrelated' };
	}
	return trial.answers < TRIAL_ANSWERS ? trial : { kind: 'limited' };
}

function ones(bits: number): number {
	let count = 0;
	for (let left = bits; left !== 0; left &= left - 1) {
		count += 1;
	}
	return count;
}
