import { readdirSync, readFileSync } from 'node:fs';

const FIXTURES = new URL('../../fixtures/', import.meta.url);

/** Bundled scenarios as parsed JSON, by name. */
export function bundledDocuments(): ReadonlyMap<string, Record<string, unknown>> {
	const directory = new URL('scenarios/', FIXTURES);
	return new Map(
		readdirSync(directory).map((file) => [
			file.replace('.json', ''),
			JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as Record<string, unknown>,
		]),
	);
}

export function scenarioSchema(): Record<string, unknown> {
	const file = new URL('schemas/scenario.schema.json', FIXTURES);
	return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}
