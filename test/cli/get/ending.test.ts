import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { failureCodes, openStop } from '../../../src/cli/get/ending.ts';
import type { GetFlags } from '../../../src/cli/get/options.ts';
import { endedOutcome } from '../../../src/download/outcome.ts';
import { it } from '../../helpers/fixtures.ts';

const IS_ROOT = process.getuid?.() === 0;

describe('a file that there is no room for', () => {
	it.for(['ENOSPC', 'EDQUOT'])('asks whether there is room for another: %s', (code) => {
		const asked: string[] = [];
		const target = { id: 'x', index: 0, url: 'http://a/x', dest: '/d/x' };
		const failure = { code, message: 'no room', causes: [] };

		failureCodes((...given) => asked.push(...given)).on({
			type: 'outcome',
			outcome: endedOutcome(target, 'error', { failure }),
		});

		expect(asked).toEqual(['/d/x', code]);
	});

	it('does not end a run if only that file was too large for the quota', ({ folder }) => {
		const stop = openStop({} as GetFlags, new AbortController().signal);

		stop.abortIfFull(join(folder, 'x'), 'EDQUOT');

		expect(stop.signal.aborted).toBe(false);
		expect(readdirSync(folder)).toEqual([]);
	});

	it.skipIf(!IS_ROOT)('ends a run if the quota leaves none for a small one', ({ folder }) => {
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'none', folder]);
		onTestFinished(() => {
			execFileSync('umount', [folder]);
		});
		const stop = openStop({} as GetFlags, new AbortController().signal);

		stop.abortIfFull(join(folder, 'x'), 'EDQUOT');

		expect(stop.signal.reason).toMatchObject({ message: 'stopped: the disk quota is used up' });
		expect(readdirSync(folder)).toEqual([]);
	});
});
