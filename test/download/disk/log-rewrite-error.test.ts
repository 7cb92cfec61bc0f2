import type * as fs from 'node:fs';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { LogRewrite } from '../../../src/download/disk/log-rewrite.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

vi.mock(import('node:fs'), async (original) => {
	const actual = await original();
	return { ...actual, readdirSync: vi.fn(actual.readdirSync) as unknown as typeof fs.readdirSync };
});

it('leaves nothing behind if it cannot look for other runs', async () => {
	const folder = await temporaryFolder();
	vi.mocked(readdirSync).mockImplementationOnce(() => {
		throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
	});

	expect(() => LogRewrite.begin(join(folder, 'state'))).toThrow('EMFILE');

	expect(readdirSync(folder)).toEqual([]);
});
