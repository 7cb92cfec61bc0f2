import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { environmentOf, expandPlaceholders } from '../../../src/smoke/client/command-line.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const NAMES = [
	'plain',
	'with  two spaces',
	'$(touch pwned)',
	'$IFS`touch pwned`',
	"it's",
	'"; touch pwned; "',
	"'; touch pwned; '",
	'& touch pwned #',
	'back\\slash\\',
	'$HOME',
	'two\nlines',
	'star* ~ ?',
	'-e{dir}%PATH%!!',
];
/** A line and the words that the shell must see, with DIR for the directory. */
const LINES: readonly (readonly [string, readonly string[]])[] = [
	['{dir}', ['DIR']],
	['"{dir}"', ['DIR']],
	["'{dir}'", ['DIR']],
	['a{dir}b', ['aDIRb']],
	['"a {dir}b" {dir}', ['a DIRb', 'DIR']],
	["--dir='{dir}' \"it's {dir}\"", ['--dir=DIR', "it's DIR"]],
	['\\"{dir}\\"', ['"DIR"']],
	['"$(printf %s {dir})"', ['DIR']],
	['"($(printf %s "($(printf %s {dir}))" \'{dir}\')) {dir}"', ['((DIR)DIR) DIR']],
];

describe.each(['sh', 'bash'])('a directory in a line for %s', (shell) => {
	it.each(NAMES)('called %j is nothing but text', async (name) => {
		const cwd = await temporaryFolder();
		const outputDir = `/tmp/${name}`;
		const place = { urls: [], baseUrl: '', listFile: '', outputDir };
		const env = { ...process.env, ...environmentOf(place) };

		// All lines in one shell, each followed by a word that none of them contains.
		const command = LINES.map(([line]) =>
			expandPlaceholders(`printf '%s\\0' ${line} END`, place, 'sh'),
		);
		const said = execFileSync(shell, ['-c', command.join('\n')], { cwd, env, encoding: 'utf8' });
		expect(said.split('\0')).toEqual([
			...LINES.flatMap(([, words]) => [
				...words.map((word) => word.replaceAll('DIR', () => outputDir)),
				'END',
			]),
			'',
		]);
		expect(readdirSync(cwd)).toEqual([]);
	});
});
