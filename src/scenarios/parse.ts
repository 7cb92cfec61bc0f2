import * as v from 'valibot';
import { explain, type Problem } from '../schema/explain.ts';
import { scenarioDocument } from '../schema/scenario.ts';
import { UsageError } from '../util/errors.ts';
import { explainInput } from '../util/suggest.ts';
import { meaningProblems } from './meaning.ts';
import type { Scenario } from './scenario.ts';
import { FLAGS, type ServedFiles } from './served-files.ts';

/** A scenario that cannot be used, and why: exit code 2. */
export class ScenarioError extends UsageError {
	/** All that is wrong with it. */
	readonly problems: readonly Problem[];

	static {
		Object.defineProperty(ScenarioError.prototype, 'name', { value: 'ScenarioError' });
	}

	constructor(problems: readonly Problem[]) {
		super(problems.map(problemText).join('\n'));
		this.problems = problems;
	}
}

function problemText({ pointer, message }: Problem): string {
	return `${pointer === '' ? 'the document' : pointer}: ${message}`;
}

/**
 * Checks a scenario and resolves its units.
 *
 * @param value - A parsed JSON document.
 * @param fallbackName - The scenario's name if the document has none.
 * @param files - What the server has: each rule has to match some of it.
 * @throws {ScenarioError} With the JSON pointers, what was found, what is allowed.
 */
export function parseScenario(
	value: unknown,
	fallbackName = 'unnamed',
	files: ServedFiles = FLAGS,
): Scenario {
	const scenario = parseForm(value, fallbackName);
	const problems = meaningProblems(scenario, files);
	if (problems.length > 0) {
		throw new ScenarioError(problems);
	}
	return scenario;
}

/**
 * `parseScenario` of a text.
 *
 * @throws {ScenarioError} Also if the text is not JSON.
 */
export function parseScenarioText(
	text: string,
	fallbackName?: string,
	files?: ServedFiles,
): Scenario {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		throw new ScenarioError([
			{
				pointer: '',
				message: explainInput(`no JSON (${(error as Error).message})`, 'an object, as in { … }'),
			},
		]);
	}
	return parseScenario(value, fallbackName, files);
}

/**
 * Reads the form of a scenario: keys, types, units. What it means is the business of
 * `meaningProblems`.
 *
 * @throws {ScenarioError}
 */
export function parseForm(value: unknown, fallbackName: string): Scenario {
	const { success, output, issues } = v.safeParse(scenarioDocument, value, {
		abortPipeEarly: true,
	});
	if (!success) {
		throw new ScenarioError(explain(issues));
	}
	return { ...output, name: output.name ?? fallbackName };
}
