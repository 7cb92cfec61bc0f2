import { checkMeaning } from './parse/check-meaning.ts';
import { readDocument } from './parse/scenario-document.ts';
import { ScenarioError } from './parse/scenario-error.ts';
import type { Scenario } from './scenario.ts';

/**
 * @param value - A parsed JSON document.
 * @param fallbackName - The scenario's name where the document has none.
 * @throws {ScenarioError} With the JSON pointer, what was found, what is allowed.
 */
export function parseScenario(value: unknown, fallbackName = 'unnamed'): Scenario {
	const scenario = readDocument(value, fallbackName);
	checkMeaning(scenario);
	return scenario;
}

/** @throws {ScenarioError} Also where the text is not JSON. */
export function parseScenarioText(text: string, fallbackName?: string): Scenario {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		throw new ScenarioError('', `is not JSON: ${(error as Error).message}`);
	}
	return parseScenario(value, fallbackName);
}
