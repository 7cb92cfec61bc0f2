import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundledScenarios, isScenarioFile } from '../../src/scenarios/bundled.ts';
import { loadScenario } from '../../src/scenarios/load-scenario.ts';
import { FLAGS, UPSTREAM_FILES } from '../../src/scenarios/served-files.ts';
import { UsageError } from '../../src/util/errors.ts';
import { bundledDocuments } from './documents.ts';

let directory: string;

beforeAll(() => {
	directory = mkdtempSync(join(tmpdir(), 'flagdl-scenario-'));
	writeFileSync(join(directory, 'My one.json'), '{"version": 1, "latency": "1s"}');
	writeFileSync(join(directory, 'of-windows.json'), '\uFEFF{"version": 1, "latency": "1s"}');
	writeFileSync(join(directory, '--Ünder_score 2.json'), '{"version": 1}');
	writeFileSync(join(directory, '%.json'), '{"version": 1}');
	writeFileSync(join(directory, 'named.json'), '{"version": 1, "name": "other"}');
	writeFileSync(join(directory, 'two.json'), '{"a": 1, "version": 2}');
	writeFileSync(join(directory, 'wrong.json'), '{"version": 1, "latencey": "1s"}');
});

afterAll(() => rmSync(directory, { recursive: true }));

it('finds each of those that come with flagdl', () => {
	for (const name of bundledScenarios()) {
		expect(loadScenario(name, directory).scenario.name).toBe(name);
	}
	expect(bundledScenarios()).toContain('liar');
	expect(bundledScenarios()).toEqual([...bundledDocuments().keys()].sort());
});

it('reads a file, which lends its name', () => {
	const { scenario } = loadScenario('./My one.json', directory);
	expect(scenario).toMatchObject({ name: 'my-one', latency: { dist: 'constant', ms: 1000 } });
});

it('reads a file that begins with a byte order mark', () => {
	expect(loadScenario('of-windows.json', directory).scenario.name).toBe('of-windows');
});

it.each([
	[
		'flakey',
		/^found no scenario "flakey"; allowed: clean, .*, world, or a file \(\.\/flakey\.json\); did you mean flaky\?$/,
	],
	['constructor', /^found no scenario "constructor"; allowed/],
	['two.json', /^scenario two\.json:\n\/version: found 2; allowed: 1\n\/a: found an unknown key/],
	['../../package', /cannot read the scenario/],
	['missing.json', /cannot read the scenario missing\.json: no such file or directory$/],
	['wrong.json', /^scenario wrong\.json: \/latencey: found an unknown key.*did you mean latency\?/],
])('refuses %s as a mistake of use', (name, message) => {
	const load = () => loadScenario(name, directory);

	expect(load).toThrow(UsageError);
	expect(load).toThrow(message);
});

it.each([
	['--Ünder_score 2.json', 'nder-score-2'],
	['./%.json', 'unnamed'],
	['named.json', 'other'],
])('a scenario in the file %s is called %s', (file, name) => {
	expect(loadScenario(file, directory)).toMatchObject({ scenario: { name } });
});

it('gives the text that a scenario was read from', () => {
	expect(loadScenario('named.json', directory).text).toBe('{"version": 1, "name": "other"}');
	expect(JSON.parse(loadScenario('liar', directory).text)).toEqual(bundledDocuments().get('liar'));
});

it.each([
	['liar', false],
	['./liar', true],
	['a\\liar', true],
	['liar.json', true],
	['liar.json5', false],
	['liarjson', false],
])('%s is a file: %s', (name, isFile) => {
	expect(isScenarioFile(name)).toBe(isFile);
});

it('refuses one that comes with flagdl where a service cannot be met by it', () => {
	expect(() => loadScenario('liar', directory, UPSTREAM_FILES)).toThrow(
		/^scenario liar:\n\/rules\/0\/match/,
	);
	expect(loadScenario('liar', directory, FLAGS).scenario.name).toBe('liar');
	expect(() => loadScenario('named.json', directory, UPSTREAM_FILES)).not.toThrow();
});
