import { resolve } from 'node:path';
import * as v from 'valibot';
import { explain } from '../../schema/explain.ts';
import { closedObject, text } from '../../schema/shapes.ts';
import { parseThreshold } from '../../thresholds/parse.ts';
import type { Threshold } from '../../thresholds/threshold.ts';
import { checkThreshold, type MeasurementScope } from '../../thresholds/threshold.ts';
import { UsageError } from '../../util/errors.ts';
import { explainInput } from '../../util/suggest.ts';
import { readOptionFile, withOptionName } from './option.ts';

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
		threshold.map((expr) => checked(parseThreshold(expr), scope)),
	);
	const fromFiles = thresholdFile.flatMap((file) => {
		const json = readOptionFile('--threshold-file', resolve(cwd, file), file);
		return withOptionName('--threshold-file', () =>
			parseThresholdFile(json, file).map((one) => checked(one, scope)),
		);
	});
	return [...fromOptions, ...fromFiles];
}

function checked(threshold: Threshold, scope: MeasurementScope): Threshold {
	checkThreshold(threshold, scope);
	return threshold;
}

const FORM = 'a list such as [{"expr": "failed == 0", "why": "no flag may be missing"}]';

const thresholdFile = v.pipe(
	v.array(
		closedObject({ expr: text, why: v.pipe(text, v.regex(/\S/, 'a text that says why')) }),
		FORM,
	),
	v.minLength(1, FORM),
);

/**
 * @param name - Name of the file in messages.
 * @throws {UsageError} Lists every problem by entry: what was found and what is allowed.
 */
export function parseThresholdFile(json: string, name: string): Threshold[] {
	const { success, output, issues } = v.safeParse(thresholdFile, parseJson(json, name), {
		abortPipeEarly: true,
	});
	if (!success) {
		const problems = explain(issues).map(
			({ pointer, message }) => `${name}${entryOf(pointer)}: ${message}`,
		);
		throw new UsageError(problems.join('\n'));
	}
	const problems: string[] = [];
	const thresholds = output.flatMap(({ expr, why }, index) => {
		try {
			return [parseThreshold(expr, why)];
		} catch (error) {
			if (!(error instanceof UsageError)) {
				throw error;
			}
			problems.push(`${name}${entryOf(`/${index}`)}: ${error.message}`);
			return [];
		}
	});
	if (problems.length > 0) {
		throw new UsageError(problems.join('\n'));
	}
	return thresholds;
}

/** `/0/why` is `, entry 1, why`. */
function entryOf(pointer: string): string {
	const [, entry, ...members] = pointer.split('/');
	return entry === undefined ? '' : [`, entry ${Number(entry) + 1}`, ...members].join(', ');
}

function parseJson(json: string, name: string): unknown {
	try {
		return JSON.parse(json);
	} catch (cause) {
		const found = `no JSON (${(cause as Error).message})`;
		throw new UsageError(`${name}: ${explainInput(found, FORM)}`, { cause });
	}
}
