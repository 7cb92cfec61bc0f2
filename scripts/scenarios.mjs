// Writes the bundled scenarios as they are once parsed, so that a run need not load what parses them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseScenarioText } from '../dist/scenarios/load-scenario.js';

const root = resolve(import.meta.dirname, '..');
const folder = resolve(root, 'fixtures/scenarios');

const parsed = readdirSync(folder)
	.filter((file) => file.endsWith('.json'))
	.sort()
	.map((file) => {
		const scenario = parseScenarioText(readFileSync(resolve(folder, file), 'utf8'));
		return [scenario.name, scenario];
	});
writeFileSync(resolve(root, 'dist/scenarios.json'), JSON.stringify(Object.fromEntries(parsed)));
