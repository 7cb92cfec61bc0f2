import { didYouMean, list, suggest } from '../../util/suggest.ts';
import { ScenarioError, show } from './scenario-error.ts';

/**
 * Turns a value of the document into what the programme works with.
 *
 * @param pointer - Where the value stands, as a JSON pointer.
 * @throws {ScenarioError} When the value is not allowed there.
 */
export type Reader<T> = (value: unknown, pointer: string) => T;

export const aBoolean: Reader<boolean> = (value, pointer) => {
	if (typeof value === 'boolean') {
		return value;
	}
	throw new ScenarioError(pointer, `found ${show(value)}; allowed is true or false`);
};

export const aText: Reader<string> = (value, pointer) => {
	if (typeof value === 'string') {
		return value;
	}
	throw new ScenarioError(pointer, `found ${show(value)}; allowed is a text`);
};

/** @param what - The allowed form in words, with an example. */
export function aTextLike(pattern: RegExp, what: string): Reader<string> {
	return (value, pointer) => {
		if (typeof value === 'string' && pattern.test(value)) {
			return value;
		}
		throw new ScenarioError(pointer, `found ${show(value)}; allowed is ${what}`);
	};
}

export function anInteger(min: number, max: number): Reader<number> {
	return (value, pointer) => {
		if (Number.isInteger(value) && isWithin(value as number, min, max)) {
			return value as number;
		}
		throw new ScenarioError(
			pointer,
			`found ${show(value)}; allowed is a whole number from ${min} to ${max}`,
		);
	};
}

export function aNumber(min: number, max: number): Reader<number> {
	return (value, pointer) => {
		if (typeof value === 'number' && isWithin(value, min, max)) {
			return value;
		}
		throw new ScenarioError(
			pointer,
			`found ${show(value)}; allowed is a number from ${min} to ${max}`,
		);
	};
}

export function oneOf<const T extends string | number>(allowed: readonly T[]): Reader<T> {
	return (value, pointer) => {
		const found = allowed.find((candidate) => candidate === value);
		if (found !== undefined) {
			return found;
		}

		const names = allowed.map(String);
		const meant = typeof value === 'string' ? suggest(value, names) : undefined;
		throw new ScenarioError(
			pointer,
			`found ${show(value)}; allowed is ${list(names)}${didYouMean(meant)}`,
		);
	};
}

export function anArrayOf<T>(item: Reader<T>): Reader<readonly T[]> {
	return (value, pointer) => {
		if (Array.isArray(value)) {
			return value.map((element, index) => item(element, `${pointer}/${index}`));
		}
		throw new ScenarioError(pointer, `found ${show(value)}; allowed is a list, as in [ … ]`);
	};
}

function isWithin(value: number, min: number, max: number): boolean {
	return value >= min && value <= max;
}
