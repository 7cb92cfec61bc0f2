import * as v from 'valibot';
import { RETRY_AFTER_MAX_MS } from '../download/origin/limiter.ts';
import { createOriginState, type OriginPolicy } from '../download/origin/origin-state.ts';
import {
	createSharedOriginState,
	type SharedOriginState,
} from '../download/origin/shared-origin-state.ts';
import { BadMessage, checkJson, object, textUpTo } from './message.ts';
import { flag, integerFrom, numberFrom, oneOf } from './shapes.ts';

/** State of an origin that several processes share, as stored in Redis. Times are in milliseconds. */

const TIME_MAX = 2 ** 45;
const time = numberFrom(0, TIME_MAX);
const pacer = object({
	...{ perSecond: numberFrom(1e-9, 1e9), startMs: time, nextMs: time },
	growth: oneOf(['fixed', 'cubic', 'exponential']),
});
const outage = object({
	...{
		sinceMs: time,
		code: textUpTo(100),
		failures: integerFrom(0),
		foundBy: integerFrom(0),
		isShared: flag,
	},
	...{ nextProbeMs: time, probeIntervalMs: numberFrom(1, 60_000), isProbing: flag },
});
const givenUp = object({ code: oneOf(['origin_down', 'rate_limited']), message: textUpTo(1000) });
const sharedOriginState = object({
	state: object({
		...{ epoch: integerFrom(0), pausedUntilMs: time, answers: integerFrom(0), wasReached: flag },
		...{ finalFailures: integerFrom(0), earlyRefusals: integerFrom(0) },
		...{ fixedPacer: v.exactOptional(pacer), pacer: v.exactOptional(pacer) },
		measuredSinceMs: v.exactOptional(time),
		...{ outage: v.exactOptional(outage), givenUp: v.exactOptional(givenUp) },
	}),
	inFlight: recordOf(object({ count: integerFrom(0, 10_000), untilMs: time })),
	probeUntilMs: time,
	measured: integerFrom(0),
});

/** @returns A new state if the text is invalid, of a run with another rate, or implausible. */
export function readSharedOrigin(
	raw: string,
	policy: OriginPolicy,
	nowMs: number,
): SharedOriginState {
	try {
		const { state, ...rest } = checkJson(sharedOriginState, raw, 'origin');
		const hasSameRate = state.fixedPacer?.perSecond === policy.perSecond;
		if (hasSameRate && state.pausedUntilMs < nowMs + 2 * RETRY_AFTER_MAX_MS) {
			return { ...rest, state: { ...createOriginState(policy), ...state } };
		}
	} catch (error) {
		if (!(error instanceof BadMessage)) {
			throw error;
		}
	}
	return createSharedOriginState(policy);
}

/** Accepts any key: valibot's `record` drops some, such as `constructor`. */
function recordOf<T extends v.GenericSchema>(value: T) {
	return v.pipe(
		v.custom<object>(
			(given) => typeof given === 'object' && given !== null && !Array.isArray(given),
			'an object',
		),
		v.transform((given) => Object.entries(given) as unknown),
		v.array(v.tuple([v.string(), value])),
		v.transform((entries): Record<string, v.InferOutput<T>> => Object.fromEntries(entries)),
	);
}
