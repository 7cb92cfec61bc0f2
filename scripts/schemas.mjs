// Writes the JSON Schemas in fixtures/schemas, which are derived from src/schema: `npm run schemas`.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { toJsonSchema } from '@valibot/to-json-schema';
import { scenarioDocument } from '../dist/schema/scenario.js';

const folder = resolve(import.meta.dirname, '../fixtures/schemas');

/** Each shipped schema, by its file. */
export const SCHEMAS = {
	'scenario.schema.json': documentOf(scenarioDocument, 'urn:flagdl:scenario:1'),
};

function documentOf(schema, id) {
	const options = { typeMode: 'input', target: 'draft-2020-12' };
	const { $schema, ...shape } = toJsonSchema(schema, options);
	return { $schema, $id: id, ...shape };
}

if (process.argv[1] === import.meta.filename) {
	for (const [file, document] of Object.entries(SCHEMAS)) {
		writeFileSync(resolve(folder, file), `${JSON.stringify(document, null, '\t')}\n`);
	}
}
