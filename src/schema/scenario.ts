import * as v from 'valibot';
import { action, latency } from './action.ts';
import {
	bytesPerSecond,
	closedObject,
	described,
	durationMs,
	integerFrom,
	listOf,
	maybe,
	numberFrom,
	text,
	textLike,
	wholeSeconds,
} from './shapes.ts';

/**
 * Scenario documents, which define the behaviour of the mock server. Parsing resolves units and fills in defaults. The
 * types and the JSON Schema are derived from this.
 */

/** Name of a rule or scenario. */
const name = textLike(
	/^[a-z0-9][a-z0-9-]{0,63}$/,
	'a name of lower-case letters, digits and hyphens, such as "hiccup-503"',
);

const countryCode = textLike(
	/^[a-z]{2}$/,
	'a country code of two lower-case letters, such as "br"',
);

const match = closedObject({
	path: maybe(
		described(
			textLike(/^\/[^#\s]{1,200}$/, 'a glob on the path, such as "/flags/b*/*.gif"'),
			'Glob: * within a segment, ** across segments, ? one character.',
		),
	),
	codes: maybe(listOf(countryCode)),
});

const select = v.union(
	[
		closedObject({
			probability: described(numberFrom(0, 1), 'Probability for each attempt.'),
		}),
		closedObject({
			exactly: described(
				integerFrom(1, 1000),
				'Number of matching flags to select: those with the lowest hash.',
			),
		}),
	],
	'{ "probability": 0.1 } or { "exactly": 5 }',
);

const attempts = v.pipe(
	textLike(
		/^([1-9][0-9]{0,2}(-([1-9][0-9]{0,2})?)?|\*)$/,
		'attempts counted from 1, such as "1", "1-2", "3-" or "*"',
	),
	v.description('Counted from 1 for each run and path: "1", "1-2", "3-", "*".'),
	v.transform(rangeOf),
);

function rangeOf(found: string): { from: number; to?: number } {
	if (found === '*') {
		return { from: 1 };
	}
	const [from = '', to] = found.split('-');
	return to === '' ? { from: Number(from) } : { from: Number(from), to: Number(to ?? from) };
}

export const rule = v.pipe(
	closedObject({
		id: described(
			name,
			'Part of the seed: renaming a rule changes its choices, and those of no other rule.',
		),
		match: maybe(match),
		select: maybe(select),
		attempts: maybe(attempts, '*'),
		// biome-ignore lint/suspicious/noThenProperty: the document has this key, and a schema is never awaited.
		then: action,
	}),
	v.transform(({ then, ...rest }) => ({ ...rest, action: then })),
);

const rateLimit = v.pipe(
	closedObject({
		requests: integerFrom(1, 1_000_000),
		window: durationMs,
		retryAfter: maybe(wholeSeconds),
	}),
	v.description('Maximum number of requests in any window; further ones get 429. Depends on time.'),
	v.transform(({ requests, window, retryAfter }) => ({
		requests,
		windowMs: window,
		...(retryAfter !== undefined && { retryAfterSeconds: retryAfter }),
	})),
);

const limits = v.pipe(
	closedObject({
		bandwidth: maybe(described(bytesPerSecond, 'Of each connection.')),
		rateLimit: maybe(rateLimit),
		maxConnections: maybe(
			described(integerFrom(1, 100_000), 'Further connections are reset. Depends on order.'),
		),
		maxInFlight: maybe(
			described(
				integerFrom(1, 100_000),
				'Further requests get 503 and Retry-After: 1. Depends on order.',
			),
		),
	}),
	v.transform(({ bandwidth, rateLimit: rate, ...rest }) => ({
		...(bandwidth !== undefined && { bytesPerSecond: bandwidth }),
		...(rate !== undefined && { rate }),
		...rest,
	})),
);

const tls = described(
	closedObject({
		certificate: maybe(
			described(
				v.picklist(['expired', 'wrong-host', 'untrusted']),
				'The certificate of the server: a correct client refuses it and sends no request.',
			),
		),
		reset: maybe(
			described(
				integerFrom(1, 100_000),
				'Number of handshakes to reset, from the first. Depends on order.',
			),
		),
	}),
	'Faults of an HTTPS server, for as long as it runs.',
);

const count = maybe(integerFrom(0, 100_000));

const expectation = v.pipe(
	closedObject({
		codes: maybe(described(listOf(countryCode), 'Flags to request; all if absent.')),
		retries: maybe(described(integerFrom(0, 100), 'Retries of the client; 3 if absent.')),
		ok: count,
		not_found: count,
		error: count,
		requests: count,
	}),
	v.description(
		'The result of a correct client; `flagdl scenario check` compares it with the plan.',
	),
	v.transform(({ not_found: notFound, ...rest }) => ({
		...rest,
		...(notFound !== undefined && { notFound }),
	})),
);

export const scenarioDocument = v.pipe(
	closedObject({
		$schema: maybe(text),
		version: v.literal(1, '1'),
		name: maybe(name),
		description: maybe(text, ''),
		seed: maybe(
			described(
				integerFrom(0, Number.MAX_SAFE_INTEGER),
				'Seed of all choices. Another seed selects other files and attempts; the same seed always the same ones.',
			),
			1,
		),
		latency: maybe(
			described(latency, 'Time from request to headers, for every response under /flags/.'),
		),
		limits: maybe(limits, {}),
		tls: maybe(tls),
		rules: maybe(
			described(
				listOf(rule),
				'The first rule in file order claims an attempt; delays add up; the lowest bandwidth applies.',
			),
			[],
		),
		expect: maybe(expectation),
	}),
	v.title("Scenario of flagdl's mock flag server, version 1"),
	v.description(
		'Describes the structure. `flagdl scenario check` also finds mistakes in valid structures: duplicate ids, unknown countries, rules that no request can match.',
	),
	v.transform(({ $schema: _, version: __, ...rest }) => rest),
);
