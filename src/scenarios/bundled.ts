import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { UsageError } from '../util/errors.ts';
import { explainInput, suggest } from '../util/suggest.ts';
import { quote } from '../util/text.ts';
import type { Scenario } from './scenario.ts';

const DOCUMENTS = new URL('../../fixtures/scenarios/', import.meta.url);
/** Parsed at build time, so that a run does not load the parser. */
const PARSED = new URL('../../dist/scenarios.json', import.meta.url);

/** A scenario and the text it was read from. */
export interface LoadedScenario {
	readonly scenario: Scenario;
	readonly text: string;
}

/** Names of the scenarios that come with flagdl, sorted. */
export function bundledScenarios(): string[] {
	return readdirSync(DOCUMENTS)
		.filter((file) => file.endsWith('.json'))
		.map((file) => basename(file, '.json'))
		.sort();
}

/** Whether the value of `--scenario` is a file: it has a slash or a backslash, or ends in `.json`. */
export function isScenarioFile(nameOrFile: string): boolean {
	return /[\\/]|\.json$/.test(nameOrFile);
}

/** @throws {UsageError} If there is no such scenario. */
export function loadBundledScenario(name: string): LoadedScenario {
	const parsed = JSON.parse(readFileSync(PARSED, 'utf8')) as Record<string, Scenario>;
	const scenario = Object.hasOwn(parsed, name) ? parsed[name] : undefined;
	if (scenario === undefined) {
		const names = Object.keys(parsed);
		throw new UsageError(
			explainInput(
				`no scenario ${quote(name)}`,
				`${names.join(', ')}, or a file (./${name}.json)`,
				suggest(name, names),
			),
		);
	}
	return { scenario, text: readFileSync(new URL(`${name}.json`, DOCUMENTS), 'utf8') };
}
