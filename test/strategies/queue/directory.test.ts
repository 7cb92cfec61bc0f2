import { utimesSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nowMs } from '../../../src/download/outcome.ts';
import {
	openDirectory,
	sizeIfCreatedSince,
} from '../../../src/strategies/queue/worker/directory.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

describe('openDirectory', () => {
	it('makes it, leaves nothing there, and knows its clock', async () => {
		const path = join(await temporaryFolder(), 'new');

		expect(Math.abs(openDirectory(path).aheadMs)).toBeLessThan(1000);
		expect(await readdir(path)).toEqual([]);
	});

	it('says that it cannot be written to', async () => {
		const path = join(await temporaryFolder(), 'file');
		writeFileSync(path, '');

		expect(() => openDirectory(path)).toThrow(/^cannot write to .*; give another one with -d$/);
	});
});

describe('sizeIfMadeSince', () => {
	it('tells what the run has made by when it was made, whatever the server says of its time', async () => {
		const path = join(await temporaryFolder(), 'a.gif');
		writeFileSync(path, 'GIF');
		utimesSync(path, 1, 1);

		expect(sizeIfCreatedSince(path, nowMs() - 60_000)).toBe(3);
		expect(sizeIfCreatedSince(path, nowMs() + 60_000)).toBeUndefined();
		expect(sizeIfCreatedSince(`${path}/b`, 0)).toBeUndefined();
		expect(sizeIfCreatedSince(`${path}b`, 0)).toBeUndefined();
	});
});
