import { readdirSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { didYouMean, list, suggest } from '../util/suggest.ts';
import { UsageError } from '../util/usage-error.ts';
import { ScenarioError } from './parse/scenario-error.ts';
import { parseScenarioText } from './parse-scenario.ts';
import type { Scenario } from './scenario.ts';

const BUNDLED = new URL('../../fixtures/scenarios/', import.meta.url);

/** Names of the scenarios that come with flagdl, sorted. */
export function bundledScenarios(): string[] {
	return readdirSync(BUNDLED)
		.filter((file) => file.endsWith('.json'))
		.map((file) => basename(file, '.json'))
		.sort();
}

/** A scenario and the text it was read from. */
export interface LoadedScenario {
	readonly scenario: Scenario;
	readonly text: string;
}

/**
 * Resolves what `--scenario` was given.
 *
 * @param nameOrFile - A bundled scenario's name; anything with a slash, a backslash or `.json` is a file.
 * @param cwd - What a relative file name is relative to.
 * @throws {UsageError} Where there is no such scenario or file, or it is not valid.
 */
export function loadScenario(nameOrFile: string, cwd: string): LoadedScenario {
	const isFile = /[\\/]|\.json$/.test(nameOrFile);
	const text = isFile
		? readScenarioFile(resolve(cwd, nameOrFile), nameOrFile)
		: readBundled(nameOrFile);
	try {
		return { scenario: parseScenarioText(text, fallbackName(nameOrFile)), text };
	} catch (error) {
		if (error instanceof ScenarioError) {
			throw new UsageError(`scenario ${nameOrFile}: ${error.message}`, { cause: error });
		}
		throw error;
	}
}

function readBundled(name: string): string {
	const names = bundledScenarios();
	if (!names.includes(name)) {
		throw new UsageError(
			`unknown scenario "${name}": allowed is ${list(names)}, or a file (./${name}.json)` +
				didYouMean(suggest(name, names)),
		);
	}
	return readFileSync(new URL(`${name}.json`, BUNDLED), 'utf8');
}

function readScenarioFile(path: string, asGiven: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch (error) {
		throw new UsageError(`cannot read the scenario ${asGiven}: ${(error as Error).message}`, {
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
