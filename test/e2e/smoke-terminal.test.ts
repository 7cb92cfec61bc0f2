import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { startOnTerminal } from '../helpers/pseudo-terminal.ts';

it.for([80, 40])(
	'smoke shows on %d columns which run it waits for, and only that long',
	async (columns, { folder }) => {
		const go = join(folder, 'go');
		const client = `until test -e '${go}'; do sleep 0.05; done; exit 1`;
		const { until, screen, ended } = startOnTerminal(
			['smoke', '--scenario', 'clean', '-l', '1', '--client', client],
			folder,
			{ columns },
		);

		await until((lines) => lines.some((line) => /^ ░{10} {2}0 of 1 runs {2}clean/.test(line)));
		writeFileSync(go, '');

		expect(await ended).toBe(3);
		expect(screen().join('\n')).not.toContain('░');
		expect(screen().join('\n')).toMatch(/^FAIL {2}clean until/m);
		expect(screen().at(-1)).toMatch(/^0 of 1 run passed, /);
	},
);
