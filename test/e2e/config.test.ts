import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';

const run = async (folder: string, config: unknown, args: readonly string[]) => {
	const text = typeof config === 'string' ? config : JSON.stringify(config);
	await writeFile(join(folder, 'c.json'), text);
	return await flagdl([...args, '--config', 'c.json'], folder);
};

describe('--config', () => {
	it('has options by their names, with values as on the command line or of JSON', async ({
		server,
		folder,
	}) => {
		const config = {
			$schema: 'anything',
			'output-dir': 'flags',
			header: ['X-One: 1', 'X-Two: 2'],
			user: 'me:p',
			concurrency: 1,
			'max-time': '9s',
			'stall-time': 5,
			'failed-file': 'f.txt',
			json: true,
			quiet: true,
			verbose: false,
			strategy: 'threads',
		};
		const { code, stdout, stderr } = await run(folder, config, [`${server.url}/a.gif`]);

		expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
		expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({
			strategy: 'threads',
			concurrency: 1,
		});
		expect(server.requests[0]?.headers).toMatchObject({
			'x-one': '1',
			'x-two': '2',
			authorization: `Basic ${Buffer.from('me:p').toString('base64')}`,
		});
		await readFile(join(folder, 'flags', 'a.gif'));
		await readFile(join(folder, 'f.txt'));
	});

	it('goes behind the command line, also behind what contradicts it there', async ({ folder }) => {
		const config = {
			'output-dir': 'no',
			header: 'X: 1',
			verbose: true,
			server: 'REMOTE',
			'max-req': 3,
			scenario: 'clean',
		};
		const args = ['br', '-q', '-d', 'yes', '-c', '2', '--template', 'http://127.0.0.1:1/{cc}.gif'];
		const { code, stdout, stderr } = await run(folder, config, [...args, '--dry-run']);

		expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
		expect(stdout).toContain('http://127.0.0.1:1/br.gif');
		expect(stdout).toContain('yes');
	});

	it('is added to where an option may be repeated, and the command line goes before it', async ({
		server,
		folder,
	}) => {
		const config = {
			header: ['X-One: 1', 'X-Two: file'],
			report: ['a.json'],
			resolve: 'h:80:127.0.0.1',
		};
		const args = [
			'-H',
			'x-two: line',
			'-H',
			'X-Three: 3',
			'--report',
			'b.json',
			'--resolve',
			'i:80:127.0.0.1',
		];
		const { code } = await run(folder, config, [`${server.url}/a.gif`, ...args]);

		expect(code).toBe(0);
		expect(server.requests[0]?.headers).toMatchObject({
			'x-one': '1',
			'x-two': 'line',
			'x-three': '3',
		});
		expect((await readdir(folder)).sort()).toEqual(['a.json', 'b.json', 'c.json', 'downloads']);
	});

	it.for<[config: object, args: readonly string[], expected: object]>([
		[{ server: 'LOCAL', scenario: 'clean' }, [], { scenario: 'clean' }],
		[{ server: 'local', scenario: 'clean', tls: true }, [], { scenario: 'clean' }],
		[{ scenario: 'clean' }, ['-s', 'LOCAL'], { scenario: 'clean' }],
		[{ server: 'ERROR' }, ['--tls'], { scenario: 'error' }],
		[{ server: 'ERROR' }, ['--scenario', 'clean'], { scenario: 'clean' }],
		[{ scenario: 'clean' }, ['-s', 'ERROR'], { scenario: 'error' }],
	])(
		'%j goes with %j where they do not contradict',
		async ([config, args, expected], { folder }) => {
			const { stdout } = await run(folder, config, ['br', '--json', ...args]);

			expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject(expected);
		},
	);

	it('has another list where the command line has none', async ({ server, folder }) => {
		await writeFile(join(folder, 'all.txt'), `${server.url}/a.gif\n${server.url}/b.gif\n`);
		await writeFile(join(folder, 'missing.txt'), `${server.url}/b.gif\n`);
		const { code } = await run(folder, { input: 'all.txt', 'output-dir': 'd' }, [
			'-i',
			'missing.txt',
		]);

		expect(code).toBe(0);
		expect(await readdir(join(folder, 'd'))).toEqual(['b.gif']);
	});

	it('has all its problems told at once, with what was meant, and no secret', async ({
		folder,
	}) => {
		const config = {
			maxTime: '9s',
			'output-dr': 'x',
			retry: 'S3CRET',
			strategy: 'thread',
			header: ['S3CRET'],
			verbose: 'yes',
			limit: null,
			input: [['a']],
			cookies: ['a'],
			config: 'x.json',
			resolve: 'x',
			['__proto__x']: 1,
		};
		const { code, stderr } = await run(folder, config, ['br']);

		expect(code).toBe(2);
		expect(stderr).not.toContain('S3CRET');
		expect(stderr.replace(/^flagdl: /, '').split('\n')).toEqual([
			'--config: c.json: "maxTime" is not an option; did you mean max-time?',
			'--config: c.json: "output-dr" is not an option; did you mean output-dir?',
			'--config: c.json: "retry": found another value; allowed: a whole number from 0 to 1000',
			'--config: c.json: "strategy": found "thread"; allowed: async, threads, sequential, queue; did you mean threads?',
			expect.stringMatching(/^--config: c\.json: "header": --header: found no header field;/),
			'--config: c.json: "verbose": found a string; allowed: true or false',
			'--config: c.json: "limit": found null; allowed: a text or a number',
			'--config: c.json: "input": found a list; allowed: a text, or a list of texts',
			'--config: c.json: "cookies": found a list; allowed: a text or a number',
			expect.stringMatching(/^--config: c\.json: "config" is not an option/),
			expect.stringMatching(
				/^--config: c\.json: "resolve": found another value; allowed: host:port:address/,
			),
			'--config: c.json: "__proto__x" is not an option',
			'See flagdl get --help',
			'',
		]);
	});

	it.for<[what: string, text: string, message: string]>([
		[
			'nothing',
			'',
			'c.json: found no JSON; allowed: an object such as {"output-dir": "flags", "retry": 5}',
		],
		['half an object', '{\n  "user": "me:S3CRET" "x"', 'c.json:2:23: found no JSON'],
		['a list', '["S3CRET"]', 'c.json: found a list; allowed: an object'],
		['null', 'null', 'c.json: found null; allowed'],
		['a deep list', '['.repeat(100_000), 'c.json: found no JSON'],
		['a server', '{"server": "DELAY", "scenario": "clean"}', '"server" and "scenario" contradict'],
		['a contradiction', '{"all": true, "every": true}', '"all" and "every" contradict each other'],
	])('of %s is refused', async ([, text, message], { folder }) => {
		const { code, stderr } = await run(folder, text, ['br']);

		expect(code).toBe(2);
		expect(stderr).toContain(message);
		expect(stderr).not.toContain('S3CRET');
	});

	it('that is missing is refused, and one of nothing changes nothing', async ({ folder }) => {
		const missing = await flagdl(['br', '--config=none.json'], folder);
		expect(missing.code).toBe(2);
		expect(missing.stderr).toContain(
			'--config: cannot read "none.json": no such file or directory\n',
		);

		expect(await run(folder, '\ufeff{}', ['br', '--dry-run'])).toMatchObject({
			code: 0,
			stderr: '',
		});
	});
});
