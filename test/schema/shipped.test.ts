import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const SCRIPT = '../../scripts/schemas.mjs';
const { SCHEMAS } = (await import(SCRIPT)) as {
	readonly SCHEMAS: Readonly<Record<string, unknown>>;
};

it.each(Object.keys(SCHEMAS))(
	'%s is what the code declares: npm run schemas writes it',
	async (file) => {
		const shipped = new URL(`../../fixtures/schemas/${file}`, import.meta.url);

		expect(JSON.parse(await readFile(shipped, 'utf8'))).toEqual(SCHEMAS[file]);
	},
);
