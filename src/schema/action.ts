import * as v from 'valibot';
import {
	bytesPerSecond,
	closedObject,
	durationMs,
	flag,
	integerFrom,
	numberFrom,
	sizeBytes,
	wholeSeconds,
} from './shapes.ts';

/** What a rule of a scenario does to an attempt: the faults, their places and their times. */

const uniform = v.pipe(
	closedObject({ dist: v.literal('uniform'), min: durationMs, max: durationMs }),
	v.transform(({ dist, min, max }) => ({ dist, minMs: min, maxMs: max })),
);

const logNormal = v.pipe(
	closedObject({
		dist: v.literal('log-normal'),
		p50: durationMs,
		p99: durationMs,
		max: v.exactOptional(v.pipe(durationMs, v.description('Larger draws are cut to this.'))),
	}),
	v.transform(({ dist, p50, p99, max }) => ({
		dist,
		p50Ms: p50,
		p99Ms: p99,
		...(max !== undefined && { maxMs: max }),
	})),
);

export const latency = v.union(
	[
		v.pipe(
			durationMs,
			v.transform((ms) => ({ dist: 'constant' as const, ms })),
		),
		v.variant('dist', [uniform, logNormal]),
	],
	'a duration with its unit, such as "250ms", "10s" or "2m", or an object with "dist"',
);

export const bodyPhase = v.union(
	[closedObject({ fraction: numberFrom(0, 1) }), closedObject({ bytes: sizeBytes })],
	'{ "fraction": 0.5 } or { "bytes": "100B" } of the body',
);

export const phase = v.union(
	[v.picklist(['before-headers', 'after-headers']), ...bodyPhase.options],
	'"before-headers", "after-headers", or { "fraction": 0.5 } or { "bytes": "100B" } of the body',
);

const digest = v.exactOptional(
	v.pipe(flag, v.description('false withholds Repr-Digest, and the lie is undetectable.')),
	true,
);

const hops = v.exactOptional(
	v.union([integerFrom(1, 10), v.literal('endless')], 'a whole number from 1 to 10, or "endless"'),
	1,
);

function ending<const Type extends 'reset' | 'close' | 'stall'>(type: Type) {
	return closedObject({ type: v.literal(type), at: v.exactOptional(phase, 'before-headers') });
}

export const action = v.variant('type', [
	closedObject({
		type: v.literal('delay'),
		time: latency,
		at: v.exactOptional(phase, 'before-headers'),
	}),
	v.pipe(
		closedObject({
			type: v.literal('bandwidth'),
			rate: bytesPerSecond,
			after: v.exactOptional(
				v.pipe(
					bodyPhase,
					v.description('As fast as it goes until then: a trickle after a fast start.'),
				),
			),
		}),
		v.transform(({ type, rate, after }) => ({
			type,
			bytesPerSecond: rate,
			...(after !== undefined && { after }),
		})),
	),
	v.pipe(
		closedObject({
			type: v.literal('status'),
			status: integerFrom(400, 599),
			retryAfter: v.exactOptional(wholeSeconds),
			retryAfterForm: v.exactOptional(v.picklist(['seconds', 'date']), 'seconds'),
		}),
		v.transform(({ type, status, retryAfter: seconds, retryAfterForm: form }) => ({
			type,
			status,
			...(seconds !== undefined && { retryAfter: { seconds, form } }),
		})),
	),
	ending('reset'),
	ending('close'),
	ending('stall'),
	closedObject({
		type: v.literal('truncate'),
		at: v.exactOptional(bodyPhase, { fraction: 0.5 }),
		framing: v.exactOptional(
			v.picklist(['content-length', 'chunked', 'close-delimited']),
			'content-length',
		),
		digest,
	}),
	closedObject({
		type: v.literal('malformed'),
		what: v.picklist([
			'chunk',
			'status-line',
			'headers-too-large',
			'content-length-too-small',
			'content-length-too-large',
			'content-length-twice',
			'content-encoding',
			'bytes-after-end',
		]),
	}),
	closedObject({
		type: v.literal('corrupt'),
		count: v.exactOptional(
			v.pipe(
				integerFrom(1, 100),
				v.description('Bytes changed; never the first or last of the file.'),
			),
			1,
		),
		digest,
	}),
	closedObject({
		type: v.literal('substitute'),
		with: v.picklist(['html-200', 'empty-200', 'no-content-204', 'other-file', 'wrong-type']),
		digest,
	}),
	v.pipe(
		closedObject({
			type: v.literal('redirect'),
			status: v.exactOptional(v.picklist([301, 302, 303, 307, 308]), 302),
			hops,
		}),
		// Without hops it is a loop.
		v.transform(({ type, status, hops: count }) => ({
			type,
			status,
			...(count !== 'endless' && { hops: count }),
		})),
	),
	closedObject({ type: v.literal('keepalive-race') }),
	closedObject({
		type: v.literal('encoded'),
		coding: v.picklist(['gzip', 'deflate', 'br']),
		as: v.exactOptional(
			v.pipe(
				v.picklist(['content', 'transfer']),
				v.description(
					'"content" is stored so (Content-Encoding), "transfer" is sent so, unasked (Transfer-Encoding).',
				),
			),
			'content',
		),
		broken: v.exactOptional(
			v.pipe(
				flag,
				v.description(
					'true stores half of the coded stream; Content-Length and Repr-Digest are those of the half.',
				),
			),
			false,
		),
	}),
	closedObject({
		type: v.literal('range'),
		with: v.pipe(
			v.picklist(['other-version', 'slice-as-200']),
			v.description('What answers a request with Range; any other gets the truth.'),
		),
	}),
	closedObject({
		type: v.literal('trailing'),
		bytes: v.exactOptional(
			v.pipe(
				integerFrom(1, 65_536),
				v.description('Zeros behind the file; length and digest count them.'),
			),
			64,
		),
	}),
	v.pipe(
		closedObject({
			type: v.literal('restart'),
			down: v.exactOptional(
				v.pipe(durationMs, v.description('So long nothing listens; all connections break.')),
				'1s',
			),
		}),
		v.transform(({ type, down }) => ({ type, downMs: down })),
	),
	closedObject({ type: v.literal('continue') }),
	closedObject({ type: v.literal('cookie-wall') }),
]);
