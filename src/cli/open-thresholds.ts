import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkThreshold, type Prospect } from '../thresholds/check.ts';
import { parseThresholdFile } from '../thresholds/file.ts';
import { parseThreshold } from '../thresholds/parse.ts';
import type { Threshold } from '../thresholds/threshold.ts';
import { UsageError } from '../util/usage-error.ts';
import { named } from './get/named.ts';

/** Options of a command that takes thresholds. */
export interface ThresholdFlags {
	readonly threshold: readonly string[];
	readonly thresholdFile: readonly string[];
}

/**
 * Reads `--threshold` and `--threshold-file`, and makes sure that each can be judged.
 *
 * @throws {UsageError} Before the first request.
 */
export function openThresholds(
	{ threshold, thresholdFile }: ThresholdFlags,
	cwd: string,
	prospect: Prospect,
): readonly Threshold[] {
	const fromOptions = named('--threshold', () =>
		threshold.map((text) => checked(parseThreshold(text), prospect)),
	);
	const fromFiles = thresholdFile.flatMap((file) =>
		named('--threshold-file', () =>
			parseThresholdFile(read(resolve(cwd, file), file), file).map((one) => checked(one, prospect)),
		),
	);
	return [...fromOptions, ...fromFiles];
}

function checked(threshold: Threshold, prospect: Prospect): Threshold {
	checkThreshold(threshold, prospect);
	return threshold;
}

function read(path: string, asGiven: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch (error) {
		throw new UsageError(`cannot read ${asGiven}: ${(error as Error).message}`, { cause: error });
	}
}
