import type { AttemptRange, Match, Rule, Selection } from '../scenario.ts';
import { anAction } from './action.ts';
import { anObject, isObject, optional, required } from './object.ts';
import { aNumber, anArrayOf, anInteger, aTextLike, type Reader } from './reader.ts';

/** Of rules and scenarios. */
export const name: Reader<string> = aTextLike(
	/^[a-z0-9][a-z0-9-]{0,63}$/,
	'a name of lower-case letters, digits and hyphens, such as "hiccup-503"',
);

const path = aTextLike(/^\/[^#\s]{1,200}$/, 'a glob on the path, such as "/flags/b*/*.gif"');

export const countryCode: Reader<string> = aTextLike(
	/^[a-z]{2}$/,
	'a country code of two lower-case letters, such as "br"',
);

const match = anObject({ path: optional(path), codes: optional(anArrayOf(countryCode)) });
const probability = anObject({ probability: required(aNumber(0, 1)) });
const exactly = anObject({ exactly: required(anInteger(1, 1000)) });

const select: Reader<Selection> = (value, pointer) =>
	isObject(value) && Object.hasOwn(value, 'exactly')
		? exactly(value, pointer)
		: probability(value, pointer);

const attemptsText = aTextLike(
	/^([1-9][0-9]{0,2}(-([1-9][0-9]{0,2})?)?|\*)$/,
	'attempts counted from 1, such as "1", "1-2", "3-" or "*"',
);

const attempts: Reader<AttemptRange> = (value, pointer) => {
	const text = attemptsText(value, pointer);
	if (text === '*') {
		return { from: 1 };
	}

	const [from = '', to] = text.split('-');
	if (to === '') {
		return { from: Number(from) };
	}
	return { from: Number(from), to: Number(to ?? from) };
};

const members = anObject({
	id: required(name),
	match: optional(match),
	select: optional(select),
	attempts: optional(attempts),
	// biome-ignore lint/suspicious/noThenProperty: a key of the document, and a reader is no promise.
	then: required(anAction),
});

export const rule: Reader<Rule> = (value, pointer) => {
	const found = members(value, pointer);
	return {
		id: found.id,
		...(found.match !== undefined && { match: withoutAbsent(found.match) }),
		...(found.select !== undefined && { select: found.select }),
		attempts: found.attempts ?? { from: 1 },
		action: found.then,
	};
};

function withoutAbsent({ path, codes }: Readonly<Record<string, unknown>>): Match {
	return { ...(path !== undefined && { path }), ...(codes !== undefined && { codes }) } as Match;
}
