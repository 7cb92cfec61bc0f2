import type { Expectation, Scenario } from '../scenario.ts';
import { latency } from './latency.ts';
import { limits } from './limits.ts';
import { anObject, optional, required } from './object.ts';
import { anArrayOf, anInteger, aText, oneOf, type Reader } from './reader.ts';
import { countryCode, name, rule } from './rule.ts';

const count = anInteger(0, 100_000);

const expectMembers = anObject({
	codes: optional(anArrayOf(countryCode)),
	retries: optional(anInteger(0, 100)),
	ok: optional(count),
	not_found: optional(count),
	error: optional(count),
	requests: optional(count),
});

const expectation: Reader<Expectation> = (value, pointer) => {
	const { not_found: notFound, ...found } = expectMembers(value, pointer);
	const entries = Object.entries({ ...found, notFound });
	return Object.fromEntries(entries.filter(([, member]) => member !== undefined));
};

const members = anObject({
	$schema: optional(aText),
	version: required(oneOf([1])),
	name: optional(name),
	description: optional(aText),
	seed: optional(anInteger(0, Number.MAX_SAFE_INTEGER)),
	latency: optional(latency),
	limits: optional(limits),
	rules: optional(anArrayOf(rule)),
	expect: optional(expectation),
});

/**
 * Reads the form of a scenario: keys, types, units. What it means is the business of `checkMeaning`.
 *
 * @param fallbackName - For a document without `name`.
 */
export function readDocument(value: unknown, fallbackName: string): Scenario {
	const found = members(value, '');
	return {
		name: found.name ?? fallbackName,
		description: found.description ?? '',
		seed: found.seed ?? 1,
		...(found.latency !== undefined && { latency: found.latency }),
		limits: found.limits ?? {},
		rules: found.rules ?? [],
		...(found.expect !== undefined && { expect: found.expect }),
	};
}
