import type { Latency } from '../scenario.ts';
import { anObject, isObject, optional, required } from './object.ts';
import { oneOf, type Reader } from './reader.ts';
import { durationMs } from './units.ts';

const uniform = anObject({
	dist: required(oneOf(['uniform'])),
	min: required(durationMs),
	max: required(durationMs),
});

const logNormal = anObject({
	dist: required(oneOf(['log-normal'])),
	p50: required(durationMs),
	p99: required(durationMs),
	max: optional(durationMs),
});

const dist = oneOf(['uniform', 'log-normal']);

/** `"50ms"`, or an object with `dist`. */
export const latency: Reader<Latency> = (value, pointer) => {
	if (!isObject(value)) {
		return { dist: 'constant', ms: durationMs(value, pointer) };
	}

	if (Object.hasOwn(value, 'dist') && dist(value['dist'], `${pointer}/dist`) === 'uniform') {
		const { min, max } = uniform(value, pointer);
		return { dist: 'uniform', minMs: min, maxMs: max };
	}
	const { p50, p99, max } = logNormal(value, pointer);
	return { dist: 'log-normal', p50Ms: p50, p99Ms: p99, ...(max !== undefined && { maxMs: max }) };
};
