/** What came over the wire is not what it should be. The message says where and what was found. */
export class BadMessage extends Error {
	static {
		Object.defineProperty(BadMessage.prototype, 'name', { value: 'BadMessage' });
	}
}

/**
 * Readers of parsed JSON: each returns the value with its type, or throws `BadMessage`.
 *
 * By hand: some ten members do not pay for a library, and what is not named here is dropped.
 */
export function text(value: unknown, where: string, maxLength = 8192): string {
	if (typeof value === 'string' && value.length <= maxLength) {
		return value;
	}
	// It may be a secret.
	const found = typeof value === 'string' ? value.length : value;
	throw bad(found, where, `text of at most ${maxLength} characters`);
}

export function whole(
	value: unknown,
	where: string,
	max: number = Number.MAX_SAFE_INTEGER,
): number {
	if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max) {
		return value;
	}
	throw bad(value, where, `a whole number from 0 to ${max}`);
}

export function amount(value: unknown, where: string): number {
	if (typeof value === 'number' && Number.isFinite(value)) {
		return value;
	}
	throw bad(value, where, 'a number');
}

export function flag(value: unknown, where: string): boolean {
	if (typeof value === 'boolean') {
		return value;
	}
	throw bad(value, where, 'true or false');
}

export function oneOf<T extends string>(value: unknown, where: string, allowed: readonly T[]): T {
	const found = allowed.find((candidate) => candidate === value);
	if (found !== undefined) {
		return found;
	}
	throw bad(value, where, `one of ${allowed.join(', ')}`);
}

export function list<T>(
	value: unknown,
	where: string,
	maxLength: number,
	item: (value: unknown, where: string) => T,
): T[] {
	if (!Array.isArray(value) || value.length > maxLength) {
		throw bad(value, where, `a list of at most ${maxLength}`);
	}
	return value.map((one, index) => item(one, `${where}[${index}]`));
}

export function object(value: unknown, where: string): Readonly<Record<string, unknown>> {
	if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
		return value as Record<string, unknown>;
	}
	throw bad(value, where, 'an object');
}

/** @returns Undefined where there is nothing, so that a member can be left out. */
export function optional<T>(
	value: unknown,
	where: string,
	read: (value: unknown, where: string) => T,
): T | undefined {
	return value === undefined || value === null ? undefined : read(value, where);
}

export function json(source: string, where: string): unknown {
	try {
		return JSON.parse(source);
	} catch {
		throw new BadMessage(`${where} is not JSON`);
	}
}

function bad(value: unknown, where: string, allowed: string): BadMessage {
	const found = value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 60);
	return new BadMessage(`${where}: found ${found}, expected ${allowed}`);
}
