import { linkSync, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS } from '../../src/download/options.ts';
import type { Outcome } from '../../src/download/outcome.ts';
import type { PlannedTarget } from '../../src/scenarios/plan.ts';
import { planRun } from '../../src/scenarios/plan-run.ts';
import type { Fault, Scenario } from '../../src/scenarios/scenario.ts';
import { FolderFiles } from '../../src/server/content/folder-files.ts';
import { manifestOf } from '../../src/server/content/manifest.ts';
import { startFlagServer } from '../../src/server/start-flag-server.ts';
import { collect } from '../helpers/collect.ts';
import { holds, undetectable } from '../helpers/held-content.ts';
import { strategies } from '../helpers/strategies.ts';
import { suiteFolder } from '../helpers/temporary-folder.ts';
import { treeContents, writeTree } from '../helpers/tree.ts';
import { FAULTS, nameOf, PATIENT } from './fault-forms.ts';

// The matrix of faults.test.ts over the files of a folder. Each fault has a server, since an origin that refuses
// one request receives fewer for all of its files.
const RETRIES = 1;
const contents = treeContents();
const contentOf = (path: string) =>
	contents.get(decodeURIComponent(path).split('/').slice(2).join('/')) ?? Buffer.alloc(0);

const scenarioOf = (fault: Fault): Scenario => ({
	name: 'matrix',
	description: '',
	seed: 1,
	limits: {},
	rules: [
		{ id: 'once', match: { path: '/once/**' }, attempts: { from: 1, to: 1 }, action: fault },
		{ id: 'always', match: { path: '/always/**' }, attempts: { from: 1 }, action: fault },
	],
});

describe('files of a folder meet', () => {
	const planned = new Map<string, readonly PlannedTarget[]>();
	const outcomes = new Map<string, Outcome>();

	beforeAll(async () => {
		const root = join(await suiteFolder(), 'root');
		writeTree(join(root, 'once'), contents);
		for (const name of contents.keys()) {
			// A large file takes long, and the others have shown that it fails in the end.
			if (!name.startsWith('9')) {
				const place = join(root, 'always', name);
				mkdirSync(dirname(place), { recursive: true });
				linkSync(join(root, 'once', name), place);
			}
		}
		const source = new FolderFiles(root);
		const manifest = await manifestOf(source);
		const saved = await suiteFolder();

		const runs = await Promise.all(
			FAULTS.map(async (fault, number) => {
				const scenario = scenarioOf(fault);
				const server = await startFlagServer({ source, scenario });
				const plan = planRun(scenario, source.files.paths, { ...manifest, retries: RETRIES });
				planned.set(nameOf(fault), plan.targets);
				holds(server.url, contentOf);
				for (const path of plan.undetectable) {
					undetectable(server.url + path, 'the plan says so');
				}
				const targets = source.files.paths.map((path, at) => ({
					...{ id: `${nameOf(fault)} ${path}`, fault, url: server.url + path },
					dest: join(saved, `${number}-${at}`),
				}));
				return { server, targets };
			}),
		);
		const targets = runs.flatMap((run) => run.targets).map((one, index) => ({ ...one, index }));
		const meet = async (some: typeof targets, stallTimeMs: number) =>
			await collect(
				strategies.async(some, {
					options: { ...DEFAULT_OPTIONS, ...PATIENT, stallTimeMs, retries: RETRIES, seed: 1 },
					concurrency: 64,
					threads: 2,
					signal: new AbortController().signal,
				}),
			);
		// Only stalls that are part of the scenario may end a request, not delays of a busy machine.
		const ended = [
			...(await meet(
				targets.filter(({ fault }) => fault.type !== 'stall'),
				60_000,
			)),
			...(await meet(
				targets.filter(({ fault }) => fault.type === 'stall'),
				2_000,
			)),
		];
		for (const outcome of ended) {
			outcomes.set(outcome.target.id, outcome);
		}
		await Promise.all(runs.map(async ({ server }) => await server.close()));
	}, 240_000);

	it.each(FAULTS.map(nameOf))('%s: as planned', async (name) => {
		const targets = planned.get(name) ?? [];
		expect(targets).toHaveLength(2 * contents.size - 1);
		const met = targets.map(({ path }) => outcomes.get(`${name} ${path}`));
		expect(met.map((one, index) => [targets[index]?.path, one?.status, one?.requests])).toEqual(
			targets.map(({ path, status, requests }) => [path, status, requests]),
		);
		for (const [index, outcome] of met.entries()) {
			const { path = '', undetectable: isFalse = false } = targets[index] ?? {};
			if (outcome?.status === 'ok') {
				const isTrue = (await readFile(outcome.dest)).equals(contentOf(path));
				expect(isTrue, path).toBe(!isFalse);
			}
		}
	});
});
