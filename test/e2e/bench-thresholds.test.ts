import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { flagdl } from '../helpers/flagdl.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const MINUTE_MS = 60_000;
const SMALL = ['-l', '8', '-c', '8', '--strategies', 'sequential,async', '--rounds', '6'];

describe('flagdl bench --threshold', () => {
	it(
		'judges intervals: what holds, what does not, and what cannot be told',
		async () => {
			const folder = await temporaryFolder();
			const gates = [{ expr: 'failed == 0', why: 'a fast failure is no success' }];
			await writeFile(join(folder, 'gates.json'), JSON.stringify(gates));

			const { code, stdout } = await flagdl(
				[
					...['bench', ...SMALL, '--threshold', 'speedup.lo{strategy: async} >= 1.2x'],
					...['--threshold', 'speedup.hi >= 100x', '--threshold', 'requests <= 100'],
					...['--threshold', 'wall.p(99){strategy: sequential} > 60ms'],
					...['--threshold-file', 'gates.json'],
				],
				folder,
			);

			expect(stdout).toContain('pass  speedup.lo{strategy: async} >= 1.2x\n      async c=8: ');
			expect(stdout).toMatch(/FAIL {2}speedup\.hi >= 100x\n {6}async c=8: [\d.]+×, limit 100×\n/);
			expect(stdout).toContain('pass  requests <= 100');
			expect(stdout).toContain('pass  wall.p(99){strategy: sequential} > 60ms');
			expect(stdout).toContain('pass  failed == 0  a fast failure is no success');
			expect(code).toBe(3);
		},
		2 * MINUTE_MS,
	);

	it.each([
		[
			'speedup.p(95) > 1',
			'found another stat of speedup; allowed: lo, hi: the ends of its 95 % interval',
		],
		[
			'speedup{strategy: threads} > 1',
			'found the strategy "threads", which no run has; allowed: sequential, async',
		],
		['speedup{c: 7} > 1', 'found the c "7", which no run has; allowed: 1, 8\n'],
		[
			'plan.diff == 0',
			'found the metric plan.diff, which flagdl bench does not measure here; allowed: ',
		],
		['wall < 1s', 'found wall, which has many values; allowed: wall.p(95)'],
	])('%s is refused before anything runs', async (threshold, message) => {
		const folder = await temporaryFolder();

		const { code, stderr } = await flagdl(['bench', ...SMALL, '--threshold', threshold], folder);

		expect(stderr).toContain(message);
		expect(code).toBe(2);
	});
});
