import { basename, resolve } from 'node:path';
import * as v from 'valibot';
import { explain, type Problem } from '../schema/explain.ts';
import { scenarioDocument } from '../schema/scenario.ts';
import { systemReason, UsageError } from '../util/errors.ts';
import { readTextFile } from '../util/read-text-file.ts';
import { explainInput } from '../util/suggest.ts';
import { isScenarioFile, type LoadedScenario, loadBundledScenario } from './bundled.ts';
import { meaningProblems } from './meaning.ts';
import type { Scenario } from './scenario.ts';
import { FLAGS, type ServedFiles } from './served-files.ts';

/**
 * Loads the scenario of `--scenario`.
 *
 * @param nameOrFile - Name of a bundled scenario; anything with a slash, a backslash or `.json` is a file.
 * @param cwd - Base directory of a relative file name.
 * @param files - Files of the server; the bundled flags if absent.
 * @throws {UsageError} If there is no such scenario or file, or it is invalid.
 */
export function loadScenario(nameOrFile: string, cwd: string, files?: ServedFiles): LoadedScenario {
	if (!isScenarioFile(nameOrFile)) {
		const loaded = loadBundledScenario(nameOrFile);
		// Bundled scenarios are valid for the flags and for any folder.
		const problems = files?.areOthers === true ? meaningProblems(loaded.scenario, files) : [];
		if (problems.length > 0) {
			throw invalidScenario(nameOrFile, new ScenarioError(problems));
		}
		return loaded;
	}
	const text = readScenarioFile(resolve(cwd, nameOrFile), nameOrFile);
	try {
		return { scenario: parseScenarioText(text, fallbackName(nameOrFile), files), text };
	} catch (error) {
		if (!(error instanceof ScenarioError)) {
			throw error;
		}
		throw invalidScenario(nameOrFile, error);
	}
}

function invalidScenario(nameOrFile: string, error: ScenarioError): UsageError {
	const separator = error.problems.length === 1 ? ' ' : '\n';
	return new UsageError(`scenario ${nameOrFile}:${separator}${error.message}`, { cause: error });
}

function readScenarioFile(path: string, asGiven: string): string {
	try {
		return readTextFile(path);
	} catch (error) {
		throw new UsageError(`cannot read the scenario ${asGiven}: ${systemReason(error)}`, {
			cause: error,
		});
	}
}

function fallbackName(nameOrFile: string): string {
	const name = basename(nameOrFile, '.json')
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, '-');
	return name.replace(/^-|-$/g, '') || 'unnamed';
}

/** An invalid scenario: exit code 2. */
export class ScenarioError extends UsageError {
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
 * Validates a scenario and resolves its units.
 *
 * @param value - A parsed JSON document.
 * @param fallbackName - Name of the scenario if the document has none.
 * @param files - Files of the server: each rule must match at least one.
 * @throws {ScenarioError} With JSON pointers, what was found and what is allowed.
 */
export function parseScenario(
	value: unknown,
	fallbackName = 'unnamed',
	files: ServedFiles = FLAGS,
): Scenario {
	const scenario = parseSyntax(value, fallbackName);
	const problems = meaningProblems(scenario, files);
	if (problems.length > 0) {
		throw new ScenarioError(problems);
	}
	return scenario;
}

/**
 * `parseScenario` for JSON text.
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
 * Parses the syntax of a scenario: keys, types, units. `meaningProblems` checks the rest.
 *
 * @throws {ScenarioError}
 */
export function parseSyntax(value: unknown, fallbackName: string): Scenario {
	const { success, output, issues } = v.safeParse(scenarioDocument, value, {
		abortPipeEarly: true,
	});
	if (!success) {
		throw new ScenarioError(explain(issues));
	}
	return { ...output, name: output.name ?? fallbackName };
}
