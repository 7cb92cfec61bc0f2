import { resolve } from 'node:path';
import { checkThreshold, type MeasurementScope } from '../../thresholds/check.ts';
import { parseThreshold } from '../../thresholds/parse.ts';
import type { Threshold } from '../../thresholds/threshold.ts';
import { systemReason, UsageError } from '../../util/errors.ts';
import { readTextFile } from '../../util/read-text-file.ts';
import { jsonText, quote, shorten } from '../../util/text.ts';
import { withOptionName } from '../with-option-name.ts';

/** Options of a command with thresholds. */
export interface ThresholdFlags {
	readonly threshold: readonly string[];
	readonly thresholdFile: readonly string[];
}

/**
 * Reads `--threshold` and `--threshold-file`, and checks that each threshold can be judged.
 *
 * @throws {UsageError}
 */
export function readThresholds(
	{ threshold, thresholdFile }: ThresholdFlags,
	cwd: string,
	scope: MeasurementScope,
): readonly Threshold[] {
	const fromOptions = withOptionName('--threshold', () =>
		threshold.map((text) => checked(parseThreshold(text), scope)),
	);
	const fromFiles = thresholdFile.flatMap((file) =>
		withOptionName('--threshold-file', () =>
			parseThresholdFile(read(resolve(cwd, file), file), file).map((one) => checked(one, scope)),
		),
	);
	return [...fromOptions, ...fromFiles];
}

function checked(threshold: Threshold, scope: MeasurementScope): Threshold {
	checkThreshold(threshold, scope);
	return threshold;
}

function read(path: string, asGiven: string): string {
	try {
		return readTextFile(path);
	} catch (error) {
		throw new UsageError(`cannot read ${asGiven}: ${systemReason(error)}`, { cause: error });
	}
}

const ENTRY_SHOWN_LENGTH = 80;

const FORM = 'a list such as [{"expr": "failed == 0", "why": "no flag may be missing"}]';

/**
 * Reads a file of thresholds: a JSON list of `{"expr", "why"}`.
 *
 * @param name - Name of the file in messages.
 * @throws {UsageError} Its message names the entry, what was found and what is allowed.
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
