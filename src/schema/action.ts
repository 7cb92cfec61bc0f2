import * as v from 'valibot';
import {
	bytesPerSecond,
	closedObject,
	described,
	durationMs,
	flag,
	integerFrom,
	maybe,
	numberFrom,
	sizeBytes,
	wholeSeconds,
} from './shapes.ts';

/** Actions of scenario rules: the faults, where in the response they occur, and their delays. */

const uniform = v.pipe(
	closedObject({ dist: v.literal('uniform'), min: durationMs, max: durationMs }),
	v.transform(({ dist, min, max }) => ({ dist, minMs: min, maxMs: max })),
);

const logNormal = v.pipe(
	closedObject({
		dist: v.literal('log-normal'),
		p50: durationMs,
		p99: durationMs,
		max: maybe(described(durationMs, 'Larger values are capped at this.')),
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

const digest = maybe(
	described(flag, 'false omits Repr-Digest, which makes the fault undetectable.'),
	true,
);

const hops = maybe(
	v.union([integerFrom(1, 10), v.literal('endless')], 'a whole number from 1 to 10, or "endless"'),
	1,
);

function ending<const Type extends 'reset' | 'close' | 'stall'>(type: Type) {
	return closedObject({ type: v.literal(type), at: maybe(phase, 'before-headers') });
}

export const action = v.variant('type', [
	closedObject({
		type: v.literal('delay'),
		time: latency,
		at: maybe(phase, 'before-headers'),
	}),
	v.pipe(
		closedObject({
			type: v.literal('bandwidth'),
			rate: bytesPerSecond,
			after: maybe(
				described(bodyPhase, 'Full speed up to this position: a trickle after a fast start.'),
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
			retryAfter: maybe(wholeSeconds),
			retryAfterForm: maybe(
				v.pipe(
					v.picklist(['seconds', 'date']),
					v.description('Format of Retry-After: a number of seconds, or an HTTP date.'),
				),
				'seconds',
			),
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
		at: maybe(bodyPhase, { fraction: 0.5 }),
		framing: maybe(v.picklist(['content-length', 'chunked', 'close-delimited']), 'content-length'),
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
		count: maybe(
			described(
				integerFrom(1, 100),
				'Number of bytes to change; never the first or last of the file.',
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
			status: maybe(v.picklist([301, 302, 303, 307, 308]), 302),
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
		as: maybe(
			described(
				v.picklist(['content', 'transfer']),
				'"content": stored encoded (Content-Encoding). "transfer": sent encoded, unrequested (Transfer-Encoding).',
			),
			'content',
		),
		broken: maybe(
			described(
				flag,
				'true stores half of the encoded stream; Content-Length and Repr-Digest are those of the half.',
			),
			false,
		),
	}),
	closedObject({
		type: v.literal('range'),
		with: described(
			v.picklist(['other-version', 'slice-as-200']),
			'Response to a request with Range; other requests get the correct file.',
		),
	}),
	closedObject({
		type: v.literal('trailing'),
		bytes: maybe(
			described(
				integerFrom(1, 65_536),
				'Zero bytes after the file, included in its length and digest.',
			),
			64,
		),
	}),
	v.pipe(
		closedObject({
			type: v.literal('restart'),
			down: maybe(
				described(durationMs, 'Time for which nothing listens; all connections break.'),
				'1s',
			),
		}),
		v.transform(({ type, down }) => ({ type, downMs: down })),
	),
	closedObject({ type: v.literal('continue') }),
	closedObject({ type: v.literal('cookie-wall') }),
]);
