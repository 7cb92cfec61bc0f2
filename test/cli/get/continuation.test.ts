import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, expect, it } from 'vitest';
import { type CommandLine, continuation } from '../../../src/cli/get/continuation.ts';
import { getOptions } from '../../../src/cli/get/options.ts';
import { addOptions, recordGiven } from '../../../src/cli/options/option.ts';

const folder = mkdtempSync(join(tmpdir(), 'flagdl-test-'));
const fields = join(folder, 'fields');
writeFileSync(fields, 'A: b\n');
afterAll(() => rmSync(folder, { recursive: true }));

function commandLine(argv: readonly string[]): CommandLine {
	const program = new Command();
	const command = program.command('get', { isDefault: true }).argument('[codes...]');
	addOptions(command, getOptions()).action(() => {});
	const given = recordGiven(command);
	program.parse(argv, { from: 'user' });
	return { given, args: command.args };
}

it.each([
	['br cn --netrc', 'flagdl --netrc -- br cn'],
	['br --netrc -v', 'flagdl --netrc -v br'],
	['--netrc', 'flagdl --netrc'],
	['--netrc=rc br', 'flagdl --netrc=rc br'],
])('%s is continued without a failed-file by %s', (given, expected) => {
	expect(continuation(commandLine(given.split(' ')), undefined)).toBe(expected);
});

it.each([
	['br cn -d out', '-d out'],
	['get -i list.txt --output-dir=out -v --failed-file f.txt', '-d out -v'],
	['-a -l 20 -dout -vc8', '-d out -v -c 8'],
	['-o {path} --checksums SUMS --mirror https://m -s https://h', '-s https://h'],
	['--strategy threads --retry 8 -- -weird', '--strategy threads --retry 8'],
	[`-H Authorization:S3CRET -H @${fields}`, `-H @file -H @${fields}`],
	['-u me:S3CRET --netrc --cookies c.txt', '-u me --netrc --cookies c.txt'],
	['--netrc rc br', '--netrc=rc'],
	['-v --report run.html --report run.json br', '-v'],
	['--proxy http://me:S3CRET@proxy:3128', '-x http://proxy:3128'],
	['--proxy me:S3#CRET@proxy', '-x proxy'],
	['--redis rediss://:S3CRET@h/0 --strategy queue', '--redis rediss://h/0 --strategy queue'],
])('%s is continued with %s', (given, expected) => {
	expect(continuation(commandLine(given.split(' ')), 'failed.txt')).toBe(
		`flagdl -i failed.txt ${expected}`,
	);
});

it('can be pasted into a shell', () => {
	expect(continuation(commandLine(['-d', "it's $(here)"]), 'a b.txt')).toBe(
		`flagdl -i 'a b.txt' -d 'it'\\''s $(here)'`,
	);
});

it.each([
	['br cn -d out', 'flagdl -d out br cn'],
	['get -a -s ERROR', 'flagdl -a -s ERROR'],
	['-i list.txt -H Authorization:S3CRET', 'flagdl -i list.txt -H @file'],
	['-d out -- -weird', 'flagdl -d out -- -weird'],
	['https://me:S3CRET@h/a.gif', undefined],
	['--mirror https://me:S3CRET@m br', 'flagdl --mirror https://m br'],
	['--template https://me:S3CRET@m/{cc} br', `flagdl --template 'https://m/{cc}' br`],
])('%s is repeated as %s if there is no failed-file', (given, expected) => {
	expect(continuation(commandLine(given.split(' ')), undefined)).toBe(expected);
});

it('is what a shell makes the same words of, controls included', () => {
	const word = "a\u001b\n\u202eb'c\\ é";
	const command = continuation(commandLine(['-d', word, 'br']), undefined) ?? '';
	expect(command).not.toMatch(/[\p{Cc}\u202e]/u);

	const words = execFileSync('bash', ['-c', command.replace(/^flagdl/, 'printf "%s\\0"')]);
	expect(String(words)).toBe(['-d', word, 'br', ''].join('\0'));
});
