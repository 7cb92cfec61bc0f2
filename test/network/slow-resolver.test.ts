import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { startProcess } from '../helpers/flagdl.ts';

const OWN = ['--mount', '--net'];
const DELAY_MS = 300;
const SCRIPT = join(import.meta.dirname, 'slow-resolver.mjs');

/** Whether one process can have its own resolver on port 53, with a resolv.conf that names it. */
const canUnshare = spawnSync('unshare', [...OWN, 'ip', 'link']).status === 0;

interface Printed {
	readonly withNames: { readonly exitCode: number; readonly saved: number };
	readonly asked: { readonly total: number; readonly atOnce: number };
}

describe.skipIf(!canUnshare)('a slow resolver', () => {
	it('costs no host that is well: the connect time-out counts no time in a queue', async () => {
		// Two look-ups at once: the last of sixteen starts after more than two seconds.
		const args = ['16', `${DELAY_MS}`, '4', '-c', '36', '--connect-timeout', '1s', '--retry', '0'];
		const { stdout } = await startProcess(
			'unshare',
			[...OWN, 'env', 'UV_THREADPOOL_SIZE=4', process.execPath, SCRIPT, ...args],
			'.',
		).ended;

		const { withNames, asked } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Printed;
		expect(withNames).toMatchObject({ exitCode: 0, saved: 36 });
		expect(asked.atOnce).toBe(2);
		// One look-up for all connections that are opened meanwhile.
		expect(asked.total).toBeLessThan(32);
	});
});
