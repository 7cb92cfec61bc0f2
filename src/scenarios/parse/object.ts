import { didYouMean, list, suggest } from '../../util/suggest.ts';
import type { Reader } from './reader.ts';
import { ScenarioError, show } from './scenario-error.ts';

/** A member of an object: how it is read, and whether it must be there. */
export interface Member<T> {
	readonly read: Reader<T>;
	readonly required: boolean;
}

export function required<T>(read: Reader<T>): Member<T> {
	return { read, required: true };
}

/** Its value is `undefined` where it is absent. */
export function optional<T>(read: Reader<T>): Member<T | undefined> {
	return { read, required: false };
}

export type Members = Readonly<Record<string, Member<unknown>>>;
export type Values<M extends Members> = {
	[K in keyof M]: M[K] extends Member<infer T> ? T : never;
};

/** Reads an object that has these members and no others. */
export function anObject<M extends Members>(members: M): Reader<Values<M>> {
	const names = Object.keys(members);

	return (value, pointer) => {
		if (!isObject(value)) {
			throw new ScenarioError(pointer, `found ${show(value)}; allowed is an object, as in { … }`);
		}
		for (const key of Object.keys(value)) {
			if (!Object.hasOwn(members, key)) {
				throw new ScenarioError(
					`${pointer}/${escapeKey(key)}`,
					`unknown key; allowed here is ${list(names)}${didYouMean(suggest(key, names))}`,
				);
			}
		}

		const result: Record<string, unknown> = {};
		for (const [key, member] of Object.entries(members)) {
			if (Object.hasOwn(value, key)) {
				result[key] = member.read(value[key], `${pointer}/${key}`);
			} else if (member.required) {
				throw new ScenarioError(pointer, `the key ${show(key)} is missing`);
			}
		}
		return result as Values<M>;
	};
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 6901, section 3. */
function escapeKey(key: string): string {
	return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
