import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startFlagServer } from '../../../src/server/start-flag-server.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { onTestFinished } from '../../helpers/this-test.ts';

const ANOTHER_USER = 65_534;

/** Since root can read everything, this process runs as another user until the test is finished. */
function dropPrivileges(): void {
	if (process.getuid?.() === 0) {
		process.seteuid?.(ANOTHER_USER);
		onTestFinished(() => process.seteuid?.(0));
	}
}

it.skipIf(process.platform === 'win32')(
	'a server answers 404 for files that it may not read, and its plan says so',
	async () => {
		const root = await temporaryFolder();
		chmodSync(root, 0o755);
		for (const name of ['open', 'closed']) {
			mkdirSync(join(root, name));
			writeFileSync(join(root, name, 'in.txt'), 'in');
		}
		writeFileSync(join(root, 'small.txt'), 'small', { mode: 0o000 });
		writeFileSync(join(root, 'large.bin'), Buffer.alloc(200_000), { mode: 0o000 });
		chmodSync(join(root, 'closed'), 0o000);
		dropPrivileges();
		await using server = await startFlagServer({ root });

		const paths = ['/open/in.txt', '/closed/in.txt', '/closed/', '/small.txt', '/large.bin'];
		const statuses = await Promise.all(
			paths.map(async (path) => (await fetch(server.url + path)).status),
		);
		expect(statuses).toEqual([200, 404, 404, 404, 404]);
		const { targets } = await server.plan({ retries: 0 });
		expect(targets.map(({ path, status }) => [path, status])).toEqual([
			['/large.bin', 'not_found'],
			['/open/in.txt', 'ok'],
			['/small.txt', 'not_found'],
		]);
	},
);
