import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import * as imported from '../../src/index.ts';
import { it } from '../helpers/fixtures.ts';

const require = createRequire(import.meta.url);
const ROOT = join(import.meta.dirname, '../..');

describe("require('flagdl')", () => {
	it('gives what import gives', () => {
		const required = require('flagdl') as object;

		expect(Object.keys(required).sort()).toEqual(Object.keys(imported).sort());
	});

	it.for(['async', 'threads', 'sequential'])(
		'downloads, by %s',
		async (strategy, { server, folder }) => {
			const { download } = require('flagdl') as typeof imported;

			const { totals } = await download([`${server.url}/a`], {
				dir: folder,
				strategy: strategy as imported.LocalStrategyName,
			});

			expect(totals.ok).toBe(1);
		},
	);

	it('finds the server, its scenarios and its plan', async () => {
		const { loadScenario, plan, startFlagServer } = require('flagdl') as typeof imported;
		const { scenario } = loadScenario('clean', '.');
		const server = await startFlagServer({ scenario });

		const response = await fetch(`${server.url}/flags/br/br.gif`);

		expect(response.status).toBe(200);
		expect(plan(scenario, ['br'], { retries: 0 }).totals.ok).toBe(1);
		await server.close();
	});

	it('prints nothing and keeps nothing open', () => {
		const printed = execFileSync(process.execPath, ['-e', "require('flagdl')"], {
			cwd: ROOT,
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'pipe'],
		});

		expect(printed).toBe('');
	});
});
