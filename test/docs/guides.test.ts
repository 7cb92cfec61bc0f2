import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

// Written for readers who do not know flags: every command must work as printed.
it.each(['docs/test-your-client.md', 'docs/faults-before-your-api.md'])(
	'%s runs',
	{
		timeout: 120_000,
	},
	(page) => {
		const { status, stdout, stderr } = spawnSync(
			process.execPath,
			['scripts/check-docs.mjs', page],
			{ encoding: 'utf8' },
		);

		expect(stderr).toBe('');
		expect(stdout).toMatch(/: [1-9]\d* blocks run, 0 not run\n$/);
		expect(status).toBe(0);
	},
);
