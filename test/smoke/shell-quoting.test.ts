import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fillIn } from '../../src/smoke/command-line.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const NAMES = [
	'plain',
	'with space',
	'$(touch pwned)',
	'`touch pwned`',
	"it's",
	'"; touch pwned; "',
	"'; touch pwned; '",
	'back\\slash',
	'$HOME',
	'two\nlines',
	'star*',
];
const LINES = ['{dir}', '"{dir}"', "'{dir}'", '"a {dir} b"', "--dir='{dir}'", '--dir={dir}'];

it.each(NAMES.flatMap((name) => LINES.map((line) => [name, line] as const)))(
	'a directory called %j is one word of the shell in %s, and never obeyed',
	async (name, line) => {
		const cwd = await temporaryFolder();
		const place = { urls: [], baseUrl: '', listFile: '', outputDir: `/tmp/${name}` };

		const command = fillIn(`node -p 'process.argv.at(-1)' -- ${line}`, place);
		const said = execFileSync('sh', ['-c', command], { cwd, encoding: 'utf8' });

		expect(said).toContain(`/tmp/${name}`);
		expect(existsSync(join(cwd, 'pwned'))).toBe(false);
	},
);
