import { jsonText, quote, shorten } from '../util/text.ts';
import { UsageError } from '../util/usage-error.ts';
import { parseThreshold } from './parse.ts';
import type { Threshold } from './threshold.ts';

const ENTRY_SHOWN_LENGTH = 80;

const FORM = 'a list such as [{"expr": "failed == 0", "why": "no flag may be missing"}]';

/**
 * Reads a file of thresholds: a JSON list of `{"expr", "why"}`.
 *
 * @param name - What messages call the file.
 * @throws {UsageError} With the place in the file, what was found and what is allowed.
 */
export function parseThresholdFile(json: string, name: string): Threshold[] {
	const entries = parseJson(json, name);
	if (!Array.isArray(entries) || entries.length === 0) {
		throw new UsageError(`${name}: found no list of thresholds; allowed: ${FORM}`);
	}
	return entries.map((entry: unknown, index) => {
		const place = `${name}, entry ${index + 1}`;
		const { expr, why } = fieldsOf(entry, place);
		try {
			return parseThreshold(expr, why);
		} catch (error) {
			if (!(error instanceof UsageError)) {
				throw error;
			}
			throw new UsageError(`${place}: ${error.message}`, { cause: error });
		}
	});
}

function parseJson(json: string, name: string): unknown {
	try {
		return JSON.parse(json);
	} catch (error) {
		throw new UsageError(`${name}: is not JSON: ${(error as Error).message}`, { cause: error });
	}
}

function fieldsOf(entry: unknown, place: string): { readonly expr: string; readonly why: string } {
	const { expr, why, ...others } = (entry ?? {}) as Readonly<Record<string, unknown>>;
	if (typeof expr !== 'string' || typeof why !== 'string' || why.trim() === '') {
		throw new UsageError(
			`${place}: found ${shorten(jsonText(entry), ENTRY_SHOWN_LENGTH)}; allowed: an object with the texts "expr" and "why"`,
		);
	}
	const [unknown] = Object.keys(others);
	if (unknown !== undefined) {
		throw new UsageError(`${place}: found the member ${quote(unknown)}; allowed: expr, why`);
	}
	return { expr, why };
}
