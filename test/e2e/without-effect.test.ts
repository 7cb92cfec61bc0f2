import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';

describe('an option that has no effect', () => {
	it.for<[option: string, args: readonly string[], because: string]>([
		['--threads', ['--threads', '2'], 'only --strategy threads has worker threads'],
		['--queue-prefix', ['--queue-prefix', 'x'], 'only --strategy queue has a queue'],
		['--speed-time', ['--speed-limit', '0', '--speed-time', '9s'], '--speed-limit is 0'],
		['--retry-max-time', ['--retry', '0', '--retry-max-time', '9s'], '--retry is 0'],
		['--server', ['-s', 'REMOTE'], 'the list has URLs only, and no country codes'],
		['--template', ['--template', 'http://h/{cc}'], 'the list has URLs only, and no country codes'],
		['--scenario', ['--scenario', 'clean'], 'the list has URLs only, and no country codes'],
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
		['--netrc', ['--netrc'], 'the file has no login, or is not there'],
	])('is named: %s', async ([option, args, because], { server, folder }) => {
		await writeFile(join(folder, 'old.txt'), 'h.org\tTRUE\t/\tFALSE\t1\ta\t1\n');
		const env = { HOME: folder };

		const { code, stderr } = await flagdl([`${server.url}/a.gif`, ...args], folder, { env });

		expect(code).toBe(0);
		expect(stderr).toContain(`flagdl: ${option} has no effect: ${because}\n`);
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
		[['smoke', '--strategies', 'asyn'], 'did you mean async?'],
		[['scenario', 'lst'], 'did you mean list?'],
		[['benhc'], 'Did you mean flagdl bench?'],
	])('%j', async ([args, message], { folder }) => {
		const { code, stderr } = await flagdl(args, folder);

		expect(code).toBe(2);
		expect(stderr).toContain(message);
	});
});
