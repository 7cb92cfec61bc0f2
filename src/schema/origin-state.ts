import * as v from 'valibot';
import { RETRY_AFTER_MAX_MS } from '../download/origin/limiter.ts';
import { createOriginState, type OriginPolicy } from '../download/origin/origin-state.ts';
import {
	createSharedOriginState,
	type SharedOriginState,
} from '../download/origin/shared-origin-state.ts';
import {
	amount,
	BadMessage,
	checkJson,
	flag,
	object,
	oneOf,
	recordOf,
	text,
	whole,
} from './message.ts';

/** What several processes know of an origin together, as Redis keeps it. Times are in milliseconds. */

const TIME_MAX = 2 ** 45;
const time = amount(0, TIME_MAX);
const pacer = object({
	...{ perSecond: amount(1e-9, 1e9), startMs: time, nextMs: time },
	growth: oneOf(['fixed', 'cubic', 'exponential']),
});
const outage = object({
	...{ sinceMs: time, code: text(100), failures: whole(0), foundBy: whole(0), isShared: flag },
	...{ nextProbeMs: time, probeIntervalMs: amount(1, 60_000), isProbing: flag },
});
const givenUp = object({ code: oneOf(['origin_down', 'rate_limited']), message: text(1000) });
const sharedOriginState = object({
	state: object({
		...{ epoch: whole(0), pausedUntilMs: time, answers: whole(0), wasReached: flag },
		...{ finalFailures: whole(0), fixedPacer: v.exactOptional(pacer) },
		...{ pacer: v.exactOptional(pacer), measuredSinceMs: v.exactOptional(time) },
		...{ outage: v.exactOptional(outage), givenUp: v.exactOptional(givenUp) },
	}),
	inFlight: recordOf(object({ count: whole(0, 10_000), untilMs: time })),
	probeUntilMs: time,
	measured: whole(0),
});

/** @returns A new one, if the text is none of ours, of other options, or absurd. */
export function readSharedOrigin(
	raw: string,
	policy: OriginPolicy,
	nowMs: number,
): SharedOriginState {
	try {
		const { state, ...rest } = checkJson(sharedOriginState, raw, 'origin');
		const isOurs = state.fixedPacer?.perSecond === policy.perSecond;
		if (isOurs && state.pausedUntilMs < nowMs + 2 * RETRY_AFTER_MAX_MS) {
			return { ...rest, state: { ...createOriginState(policy), ...state } };
		}
	} catch (error) {
		if (!(error instanceof BadMessage)) {
			throw error;
		}
	}
	return createSharedOriginState(policy);
}
