import type { Limits, RateLimit } from '../scenario.ts';
import { anObject, optional, required } from './object.ts';
import { anInteger, type Reader } from './reader.ts';
import { bytesPerSecond, durationMs, wholeSeconds } from './units.ts';

const rateLimitMembers = anObject({
	requests: required(anInteger(1, 1_000_000)),
	window: required(durationMs),
	retryAfter: optional(wholeSeconds),
});

const rateLimit: Reader<RateLimit> = (value, pointer) => {
	const { requests, window, retryAfter } = rateLimitMembers(value, pointer);
	return {
		requests,
		windowMs: window,
		...(retryAfter !== undefined && { retryAfterSeconds: retryAfter }),
	};
};

const members = anObject({
	bandwidth: optional(bytesPerSecond),
	rateLimit: optional(rateLimit),
	maxConnections: optional(anInteger(1, 100_000)),
	maxInFlight: optional(anInteger(1, 100_000)),
});

export const limits: Reader<Limits> = (value, pointer) => {
	const { bandwidth, rateLimit, maxConnections, maxInFlight } = members(value, pointer);
	return {
		...(bandwidth !== undefined && { bytesPerSecond: bandwidth }),
		...(rateLimit !== undefined && { rate: rateLimit }),
		...(maxConnections !== undefined && { maxConnections }),
		...(maxInFlight !== undefined && { maxInFlight }),
	};
};
