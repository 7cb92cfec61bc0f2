// Writes the JSON Schemas in fixtures/schemas, which are derived from src/schema and the options of get: `npm run schemas`.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { toJsonSchema } from '@valibot/to-json-schema';
import { Command } from 'commander';
import { getOptions } from '../dist/cli/get/options.js';
import { configSchema } from '../dist/cli/options/config.js';
import { addOptions } from '../dist/cli/options/option.js';
import { benchDefinitions, benchDocument } from '../dist/schema/bench-results.js';
import { runDefinitions, runEvent, runReport } from '../dist/schema/run-events.js';
import { scenarioDocument } from '../dist/schema/scenario.js';
import { smokeDefinitions, smokeDocument } from '../dist/schema/smoke-events.js';

const folder = resolve(import.meta.dirname, '../fixtures/schemas');

/** Each shipped schema, by its file. */
export const SCHEMAS = {
	'config.schema.json': configDocument(),
	'scenario.schema.json': documentOf(scenarioDocument, 'urn:flagdl:scenario:1', 'draft-2020-12'),
	'smoke.schema.json': documentOf(
		smokeDocument,
		'urn:flagdl:smoke:1',
		'draft-2020-12',
		smokeDefinitions,
	),
	'bench.schema.json': ofRuns(benchDocument, 'bench', benchDefinitions),
	'events.schema.json': ofRuns(runEvent, 'events', runDefinitions),
	'report.schema.json': ofRuns(runReport, 'report', runDefinitions),
};

function ofRuns(schema, name, definitions) {
	const id = `https://flagdl.invalid/schemas/${name}.schema.json`;
	return documentOf(schema, id, 'draft-07', definitions);
}

/** @param definitions - Shapes that are written once, by their names. */
function documentOf(schema, id, target, definitions) {
	const options = { typeMode: 'input', target, definitions };
	const { $schema, ...shape } = toJsonSchema(schema, options);
	return { $schema, $id: id, ...shape };
}

/** Of `flagdl get --config`, from the declarations of its options. */
function configDocument() {
	const command = new Command();
	addOptions(command, getOptions());
	const $schema = 'https://json-schema.org/draft/2020-12/schema';
	return { $schema, $id: 'urn:flagdl:config:1', ...configSchema(command.options) };
}

if (process.argv[1] === import.meta.filename) {
	for (const [file, document] of Object.entries(SCHEMAS)) {
		writeFileSync(resolve(folder, file), `${JSON.stringify(document, null, '\t')}\n`);
	}
}
