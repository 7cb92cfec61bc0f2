import { basename, resolve } from 'node:path';
import { systemReason, UsageError } from '../util/errors.ts';
import { readTextFile } from '../util/read-text-file.ts';
import { isScenarioFile, type LoadedScenario, loadBundledScenario } from './bundled.ts';
import { meaningProblems } from './meaning.ts';
import { parseScenarioText, ScenarioError } from './parse.ts';
import type { ServedFiles } from './served-files.ts';

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
