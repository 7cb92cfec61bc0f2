import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { VERSION } from '../../src/util/version.ts';
import { it } from '../helpers/fixtures.ts';
import { FLAGDL, flagdl, startProcess } from '../helpers/flagdl.ts';

describe('the command line', () => {
	it('prints its version and its help', async ({ folder }) => {
		const version = await flagdl(['--version'], folder);
		const help = await flagdl(['get', '--help'], folder);

		expect(version).toMatchObject({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
		expect(help).toMatchObject({ code: 0, stderr: '' });
		for (const heading of [
			'What:',
			'From:',
			'How:',
			'When it goes wrong:',
			'Where to:',
			'Report:',
		]) {
			expect(help.stdout).toContain(`\n${heading}\n`);
		}
		expect(help.stdout).toContain('flagdl find island --codes | flagdl get -i -');
	});

	it.for([
		[['--nonsense'], '--nonsense is not an option'],
		[['--concurency', '3'], '--concurency is not an option; did you mean --concurrency?'],
		[['-c', '0'], '--concurrency: found "0"; allowed: a whole number from 1 to 10000'],
		[['-c', '2', '-m', '3'], '--max-req and --concurrency contradict each other; give one of them'],
		[['-q', '-v'], '--quiet and --verbose contradict each other'],
		[['--strategy', 'magic'], '--strategy: found "magic"; allowed: async, threads, sequential'],
		[['--strategy', 'thread'], '"thread" is not a strategy; did you mean threads?'],
		[['--max-time', 'soon'], '--max-time: found "soon"; allowed: a time from 1ms'],
		[['-l', '0'], '--limit: found "0"; allowed: a whole number from 1'],
		[['brazil'], 'found "brazil" (its code is br); allowed: two letters A to Z'],
		[['br', '-a'], 'br and --all contradict each other'],
		[['-a', '-e'], '--all and --every contradict each other'],
		[
			['-s', 'localhost:8000'],
			'--server: found "localhost:8000"; allowed: LOCAL, DELAY, ERROR, REMOTE, or a URL',
		],
		[
			['-s', 'LOCAL', '--template', 'https://h/{cc}'],
			'--template and --server contradict each other',
		],
		[['-s', 'REMOTE', '--scenario', 'clean'], '--scenario is for the bundled server'],
		[['--scenario', 'nonsense'], 'found no scenario "nonsense"'],
		[['--template', 'https://h/flag.png'], '--template: found no placeholder'],
		[['-o', '{code}.gif'], '--output: found {code}'],
		[['-o', '../{cc}.gif'], '--output: found "../{cc}.gif", a path that leads out'],
		[['br', 'cn', '-o', 'x.gif'], 'CN: saves to "x.gif", as BR does'],
		[['-o', '{cc}', '--with-names'], '--with-names and --output contradict each other'],
		[['-s', 'REMOTE', '--with-names'], 'not REMOTE or --template'],
		[['--mirror', 'm'], '--mirror: found "m"'],
		[['--report', 'x.txt'], '--report: found "x.txt"; allowed: a name that ends in .json'],
		[['--report', 'a.json', '--failed-file', 'a.json'], 'found "a.json", as --report has'],
		[['br', '-d', 'd', '--report', 'd/.flagdl-state.json'], 'as --state has; allowed: a file'],
		[['-i', 'l.json', '--report', './l.json'], '--report: found "./l.json", as --input has'],
		[
			['br', '-d', 'd', '--failed-file', 'd/BR.gif'],
			'BR: saves to "br.gif", as --failed-file does',
		],
		[['--cacert', 'missing.pem'], '--cacert: cannot read missing.pem'],
		[['br', '--dry-run', '--cert', 'missing.pem'], '--cert: cannot read missing.pem'],
		[['--proxy', 'socks4://h'], '--proxy: found "socks4://h"; allowed: a proxy of HTTP'],
		[['--checksums', 'missing'], '--checksums: cannot read missing'],
		[['-i', 'missing.txt'], '--input: cannot read missing.txt'],
		[['-i', '.'], '--input: found the directory .'],
		[['-H', 'nonsense'], 'found no header field; allowed: a name, a colon and a value'],
	] as const)('refuses %j', async ([args, message], { folder }) => {
		const { code, stdout, stderr } = await flagdl(
			args.length === 2 && args[0] === '-o' ? ['br', ...args] : args,
			folder,
		);

		expect(stderr).toContain(message);
		expect(stderr).toMatch(/^flagdl: /);
		expect(stderr).toMatch(/\nSee flagdl get --help\n$/);
		expect(stdout).toBe('');
		expect(code).toBe(2);
	});

	it.for([
		['-i', 'list', '--report', 'link.json'],
		['-i', 'link.json', '--report', 'list.json'],
		['br', '--report', 'link.json', '--report', 'list.json'],
		['br', '--checksums', 'list', '--report', 'link.json'],
		['br', '--checksums', 'list', '--failed-file', 'list'],
		['br', '--scenario', './list', '--failed-file', 'list'],
		['br', '--scenario', 'link.json', '--report', 'list.json'],
		['br', '--cookies', 'list', '--failed-file', 'list'],
		['br', '--netrc=list', '--failed-file', 'list'],
		['br', '--cert', 'list', '--key', 'list', '--failed-file', 'list'],
		['br', '--cacert', 'list', '--report', 'link.json'],
	])(
		'refuses to write a report over a file that is read, or another report: %j',
		async (args, { folder }) => {
			const list = join(folder, 'list');
			await writeFile(list, 'br\n');
			await symlink('list', join(folder, 'link.json'));
			await symlink('link.json', join(folder, 'list.json'));

			const { code, stderr } = await flagdl(args, folder);

			expect(stderr).toMatch(/found ".*", as --\w+ has; allowed: a file of its own/);
			expect(await readFile(list, 'utf8')).toBe('br\n');
			expect(code).toBe(2);
		},
	);

	it.for([
		['br', '--report', 'to-file.json', '-o', 'a.json'],
		['br', '--failed-file', 'to-file.json', '-o', 'a.json'],
		['br', '--report', 'to-folder/a.json', '-o', 'a.json'],
		['br', '--report', 'to-sub/a.json', '-o', 'sub/a.json'],
		['br', '-d', 'to-folder', '--report', 'out/a.json', '-o', 'a.json'],
	])(
		'refuses to write a report over a target to which links lead: %j',
		async (args, { folder }) => {
			await mkdir(join(folder, 'out'));
			await symlink('out', join(folder, 'to-folder'));
			await symlink('out/sub', join(folder, 'to-sub'));
			await symlink('to-folder/a.json', join(folder, 'to-file.json'));

			const { code, stderr } = await flagdl(['-d', 'out', ...args], folder);

			expect(stderr).toMatch(/BR: saves to "(?:sub.)?a.json", as --\S+ does/);
			expect(code).toBe(2);
		},
	);

	it('guesses which command was meant', async ({ folder }) => {
		const { code, stderr } = await flagdl(['serv'], folder);

		expect(code).toBe(2);
		expect(stderr).toMatch(/ is not a command; did you mean flagdl serve\?\n$/);
	});

	it('prints the help of a sub-command', async ({ folder }) => {
		const [node, bin] = FLAGDL;
		const args = [bin, 'help', 'scenario', 'plan'];
		const { code, stdout } = await startProcess(node, args, folder).ended;

		expect(code).toBe(0);
		expect(stdout).toMatch(/^Usage: flagdl scenario plan /);
	});

	it('ends --json with run.end when it refuses', async ({ folder }) => {
		const { code, stdout } = await flagdl(['-i', 'missing.txt', '--json'], folder);

		expect(code).toBe(2);
		expect(JSON.parse(stdout)).toMatchObject({ v: 1, seq: 0, type: 'run.end', exitCode: 2 });
	});

	it('ends --json with run.end when no password can be asked for', async ({ folder }) => {
		const { code, stdout } = await flagdl(['br', '-u', 'me', '--json'], folder);

		expect(code).toBe(2);
		expect(JSON.parse(stdout)).toMatchObject({ seq: 0, type: 'run.end', exitCode: 2 });
	});

	it.for(['', '\n\n', '# nothing\n'])(
		'refuses a list with nothing in it: %j',
		async (list, { folder }) => {
			await writeFile(join(folder, 'list.txt'), list);
			const file = await flagdl(['-i', 'list.txt'], folder);
			const piped = await flagdl(['-i', '-'], folder, { input: list });

			expect(file.code).toBe(2);
			expect(file.stderr).toContain('--input: found no target in list.txt');
			expect(piped.code).toBe(2);
			expect(piped.stderr).toContain('found no target in standard input');
		},
	);

	it('says that standard input is a directory', ({ folder }) => {
		const stdin = openSync(folder, 'r');
		const [node, bin] = FLAGDL;
		const { status, stderr } = spawnSync(node, [bin, '-i', '-', '-d', folder], {
			stdio: [stdin, 'pipe', 'pipe'],
		});
		closeSync(stdin);

		expect(status).toBe(2);
		expect(String(stderr)).toContain(
			'--input: found a directory as standard input; allowed: a file',
		);
	});

	it('refuses checksums that fit no target', async ({ folder }) => {
		await writeFile(join(folder, 'sums'), `${'0'.repeat(64)}  other.gif\n`);
		const { code, stderr } = await flagdl(['br', '--checksums', 'sums'], folder);

		expect(code).toBe(2);
		expect(stderr).toContain('--checksums: found no target (of 1) in sums');
	});
});
