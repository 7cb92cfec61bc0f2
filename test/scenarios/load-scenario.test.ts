import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundledScenarios } from '../../src/scenarios/bundled.ts';
import { loadScenario } from '../../src/scenarios/load-scenario.ts';
import { UsageError } from '../../src/util/errors.ts';

let directory: string;

beforeAll(() => {
	directory = mkdtempSync(join(tmpdir(), 'flagdl-scenario-'));
	writeFileSync(join(directory, 'My one.json'), '{"version": 1, "latency": "1s"}');
	writeFileSync(join(directory, 'of-windows.json'), '\uFEFF{"version": 1, "latency": "1s"}');
	writeFileSync(join(directory, 'wrong.json'), '{"version": 1, "latencey": "1s"}');
});

afterAll(() => rmSync(directory, { recursive: true }));

it('finds each of those that come with flagdl', () => {
	for (const name of bundledScenarios()) {
		expect(loadScenario(name, directory).scenario.name).toBe(name);
	}
	expect(bundledScenarios()).toContain('liar');
});

it('reads a file, which lends its name', () => {
	const { scenario } = loadScenario('./My one.json', directory);
	expect(scenario).toMatchObject({ name: 'my-one', latency: { dist: 'constant', ms: 1000 } });
});

it('reads a file that begins with a byte order mark', () => {
	expect(loadScenario('of-windows.json', directory).scenario.name).toBe('of-windows');
});

it.each([
	['flakey', /did you mean flaky\?/],
	['../../package', /cannot read the scenario/],
	['missing.json', /cannot read the scenario missing\.json: no such file or directory$/],
	['wrong.json', /scenario wrong\.json: \/latencey: found an unknown key.*did you mean latency\?/],
])('refuses %s as a mistake of use', (name, message) => {
	const load = () => loadScenario(name, directory);

	expect(load).toThrow(UsageError);
	expect(load).toThrow(message);
});
