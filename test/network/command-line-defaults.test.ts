import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { flagdl } from '../helpers/flagdl.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { FIXTURES } from './programs.ts';

describe('flagdl, by default', () => {
	it('gets everything whole from a flaky server and from one with a rate limit', async () => {
		const folder = await temporaryFolder();
		await Promise.all(
			['flaky', 'rate-limited'].map(async (scenario) => {
				const args = ['--all', '--scenario', scenario, '-d', scenario];
				const { code, stdout } = await flagdl(args, folder);

				expect(code).toBe(0);
				expect(stdout).toMatch(/^249 flags \(1\.1 MB\) saved to /);
				for (const name of await readdir(join(folder, scenario))) {
					const served = await readFile(join(FIXTURES, 'flags', name.slice(0, 2), name));
					const content = await readFile(join(folder, scenario, name));
					expect(content.equals(served)).toBe(true);
				}
			}),
		);
	});
});
