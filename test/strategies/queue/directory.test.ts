import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDirectory } from '../../../src/strategies/queue/worker/directory.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const ID = '6f1c9f0e-9a3b-4c1d-8e2f-0123456789ab';

describe('openDirectory', () => {
	it('is the same directory for whoever opens it next', async () => {
		const path = join(await temporaryFolder(), 'new');

		expect(openDirectory(path)).toEqual(openDirectory(path));
	});

	it('waits for the worker that has made the file and not yet written to it', async () => {
		const path = await temporaryFolder();
		const file = join(path, '.flagdl-worker');
		writeFileSync(file, '');
		// Another process, for opening holds this one up; it is ready when it says so.
		const script = `console.log('ready'); setTimeout(() => fs.writeFileSync(process.argv[1], '${ID}'), 100)`;
		const other = spawn(process.execPath, ['-e', script, file], {
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		await once(other.stdout, 'data');

		expect(openDirectory(path)).toEqual({ path, id: ID });
		await once(other, 'exit');
	});

	it('says that the file is damaged where it has something else in it', async () => {
		const path = await temporaryFolder();
		writeFileSync(join(path, '.flagdl-worker'), 'nonsense');

		expect(() => openDirectory(path)).toThrow('is damaged; remove it');
	});
});
