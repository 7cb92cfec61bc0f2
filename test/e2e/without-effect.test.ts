import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { FLAGDL, flagdl, startProcess } from '../helpers/flagdl.ts';

describe('an option that has no effect', () => {
	it.for<[option: string, args: readonly string[], because: string]>([
		['--threads', ['--threads', '2'], 'only --strategy threads has worker threads'],
		['--queue-prefix', ['--queue-prefix', 'x'], 'only --strategy queue has a queue'],
		['--speed-time', ['--speed-limit', '0', '--speed-time', '9s'], '--speed-limit is 0'],
		['--retry-max-time', ['--retry', '0', '--retry-max-time', '9s'], '--retry is 0'],
		['--server', ['-s', 'REMOTE'], 'the list has URLs only, and no country codes'],
		['--template', ['--template', 'http://h/{cc}'], 'the list has URLs only, and no country codes'],
		['--scenario', ['--scenario', 'clean'], 'the list has URLs only, and no country codes'],
		['--tls', ['--tls'], 'the list has URLs only, and no country codes'],
		[
			'--user',
			['-u', 'a:b', '-H', 'Authorization: c'],
			'the Authorization of --header goes before it',
		],
		[
			'--cookies',
			['--cookies', 'old.txt'],
			'the file has no cookie, or only some that have expired',
		],
		[
			'--state',
			['--state', '-J'],
			'it is for --if-exists update, which cannot have --remote-header-name',
		],
		['--netrc', ['--netrc'], 'the file has no login, or is not there'],
	])('is named: %s', async ([option, args, because], { server, folder }) => {
		await writeFile(join(folder, 'old.txt'), 'h.org\tTRUE\t/\tFALSE\t1\ta\t1\n');
		const env = { HOME: folder };

		const { code, stderr } = await flagdl([`${server.url}/a.gif`, ...args], folder, { env });

		expect(code).toBe(0);
		expect(stderr).toContain(`flagdl: ${option} has no effect: ${because}\n`);
	});

	it.for(['-c', '-m'])('is named for sequential: %s', async (option, { server, folder }) => {
		const args = [`${server.url}/a.gif`, '--strategy', 'sequential', '-v', option, '4'];
		const { stderr } = await flagdl(args, folder);

		expect(stderr).toContain('sequential has one request in flight, whatever --concurrency says');
	});

	it('is named for a file on standard output, which no folder has', async ({ server, folder }) => {
		const [node, bin] = FLAGDL;
		const args = [`${server.url}/a.gif`, '-o', '-', '--remote-time', '-J', '-d', 'x'];
		const { code, stderr } = await startProcess(node, [bin, ...args], folder).ended;

		expect(code).toBe(0);
		expect(stderr).toContain('--remote-header-name has no effect: --output - saves no file\n');
		expect(stderr).toContain('--remote-time has no effect: --output - saves no file\n');
		expect(stderr).toContain('--output-dir has no effect: --output - saves no file\n');
	});

	it('is none that has one', async ({ folder }) => {
		const args = [
			'--threads',
			'1',
			'--strategy',
			'threads',
			'--scenario',
			'clean',
			'--speed-time',
			'9',
		];
		const { code, stderr } = await flagdl(['br', ...args], folder);

		expect(code).toBe(0);
		expect(stderr).not.toContain('no effect');
	});
});

describe('what was probably meant is said', () => {
	it.for<[args: readonly string[], message: string]>([
		[['brazil'], '(its code is br)'],
		[['brasil'], 'did you mean br (Brazil)?'],
		[['br', '-o', '{code}.gif'], 'did you mean {cc}?'],
		[['br', '-o', '{filename}'], 'did you mean {basename}?'],
		[['br', '--template', 'http://h/{country_code}'], 'allowed: {cc}, {CC}, {name}'],
		[['br', '--template', 'http://h/{code}'], 'did you mean {cc}?'],
		[['br', '-s', 'LOCL'], 'did you mean LOCAL?'],
		[['br', '--scenario', 'flakey'], 'did you mean flaky?'],
		[['br', '--strategy', 'thread'], 'did you mean threads?'],
		[['br', '--if-exists', 'overwite'], 'did you mean overwrite?'],
		[['br', '--outputdir', 'x'], 'did you mean --output-dir?'],
		[['br', '--usr=anna:S3CRET'], '--usr is not an option; did you mean --user?'],
		[['scenario', 'plan', 'clean', '--jsn=1'], '--jsn is not an option; did you mean --json?'],
		[['smoke', '--strategies', 'asyn'], 'did you mean async?'],
		[['scenario', 'lst'], 'did you mean list?'],
		[['benhc'], 'benhc is not a command; did you mean flagdl bench?'],
	])('%j', async ([args, message], { folder }) => {
		const { code, stderr } = await flagdl(args, folder);

		expect(code).toBe(2);
		expect(stderr).toContain(message);
		expect(stderr).not.toContain('S3CRET');
	});
});

describe('an empty path', () => {
	it.for([
		...[
			'-d',
			'-o',
			'-i',
			'--report',
			'--failed-file',
			'--checksums',
			'--cookies',
			'--config',
			'--key',
		],
		...['--netrc='],
	])('is an error, and not the working directory: %s', async (option, { folder }) => {
		const args = option.endsWith('=') ? [option] : [option, ''];
		const { code, stderr } = await flagdl(['br', ...args], folder);

		expect(code).toBe(2);
		expect(stderr).toMatch(/^flagdl: --[\w-]+: found ""; allowed: /);
		expect(await readdir(folder)).toEqual([]);
	});

	it('is an error in a config file, too', async ({ folder }) => {
		await writeFile(join(folder, 'c.json'), '{"output-dir": "", "input": ["list.txt", ""]}');
		const { code, stderr } = await flagdl(['br', '--config', 'c.json'], folder);

		expect(code).toBe(2);
		expect(stderr).toContain('c.json: "output-dir": found ""; allowed: a directory');
		expect(stderr).toContain('c.json: "input": found ""; allowed: the name of a file');
	});
});
