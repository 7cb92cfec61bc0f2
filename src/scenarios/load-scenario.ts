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
 * Resolves what `--scenario` was given.
 *
 * @param nameOrFile - A bundled scenario's name; anything with a slash, a backslash or `.json` is a file.
 * @param cwd - What a relative file name is relative to.
 * @param files - What the server has; the bundled flags if absent.
 * @throws {UsageError} If there is no such scenario or file, or it is not valid.
 */
export function loadScenario(nameOrFile: string, cwd: string, files?: ServedFiles): LoadedScenario {
	if (!isScenarioFile(nameOrFile)) {
		const loaded = loadBundledScenario(nameOrFile);
		// Bundled ones fit the flags, and any folder.
		const problems = files?.areOthers === true ? meaningProblems(loaded.scenario, files) : [];
		if (problems.length > 0) {
			throw notValid(nameOrFile, new ScenarioError(problems));
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
		throw notValid(nameOrFile, error);
	}
}

function notValid(nameOrFile: string, error: ScenarioError): UsageError {
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
