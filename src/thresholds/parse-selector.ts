import type { Scanner } from './scanner.ts';
import type { Selected } from './threshold.ts';
import { ThresholdError } from './threshold-error.ts';

/**
 * Reads what follows the opening brace: `strategy: async, c: 32}`.
 *
 * @throws {ThresholdError}
 */
export function parseSelector(scanner: Scanner): {
	readonly selector: Readonly<Record<string, string>>;
	readonly at: Selected;
} {
	const labels = new Map<string, string>();
	const at: Record<string, { readonly key: number; readonly value: number }> = {};

	do {
		const start = scanner.at;
		const key = scanner.expect(/[a-z]+/, 'a label such as strategy');
		if (labels.has(key)) {
			throw new ThresholdError(scanner.text, start, `the label ${key} is there twice`);
		}
		scanner.expect(/:/, '":"');
		at[key] = { key: start, value: scanner.at };
		labels.set(key, parseLabel(scanner));
	} while (scanner.take(/,/) !== undefined);

	scanner.expect(/\}/, '"," or "}"');
	return { selector: Object.fromEntries(labels), at };
}

/** A word, or anything in quotes. */
function parseLabel(scanner: Scanner): string {
	const quoted = scanner.take(/"[^"]*"/);
	return quoted?.slice(1, -1) ?? scanner.expect(/[\p{L}\p{N}_./-]+/u, 'a value such as async');
}
