import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl } from '../helpers/flagdl.ts';
import { answerGif } from '../helpers/hold-server.ts';
import { startOnTerminal } from '../helpers/pseudo-terminal.ts';
import { REPORT_OPTIONS } from '../helpers/report-names.ts';
import { listen } from './listen.ts';

/** A second origin, with the fields of its requests. */
async function startOther(): Promise<{ url: string; seen: IncomingHttpHeaders[]; port: number }> {
	const seen: IncomingHttpHeaders[] = [];
	const server = createServer((request, response) => {
		seen.push(request.headers);
		answerGif(request, response);
	});
	const port = await listen(server, '127.0.0.1');
	return { url: `http://127.0.0.1:${port}`, seen, port };
}

const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`;

describe('-u', () => {
	it.for(['async', 'threads'])(
		'goes to the servers of the list, and not where a redirect leads (%s)',
		async (strategy, { server, folder }) => {
			const other = await startOther();
			server.answer('/b.gif', (_, response) => {
				response.writeHead(302, { location: `${other.url}/b.gif` }).end();
			});

			const { code } = await flagdl(
				[`${server.url}/a.gif`, `${server.url}/b.gif`, '-u', 'me:S3CR:ET', '--strategy', strategy],
				folder,
			);

			expect(code).toBe(0);
			const sent = server.requests.map(({ headers }) => headers.authorization);
			expect(sent).toEqual([basic('me:S3CR:ET'), basic('me:S3CR:ET')]);
			expect(other.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
		},
	);

	it('goes behind the Authorization of -H, and before the login of a URL, as for curl', async ({
		server,
		folder,
	}) => {
		const withLogin = server.url.replace('http://', 'http://url:url@');
		await flagdl([`${withLogin}/a.gif`, '-u', 'me:p'], folder);
		await flagdl([`${withLogin}/b.gif`, '-u', 'me:p', '-H', 'Authorization: Bearer x'], folder);

		expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
			basic('me:p'),
			'Bearer x',
		]);
	});

	it('is in no report, event, message or file', async ({ server, folder }) => {
		server.answer('/b.gif', (_, response) => response.writeHead(401).end());
		await writeFile(join(folder, 'c.txt'), '127.0.0.1\tFALSE\t/\tFALSE\t0\tid\tS3CRET\n');

		const { code, stdout, stderr } = await flagdl(
			[
				...[`${server.url}/a.gif`, `${server.url}/b.gif`, '-u', 'me:S3CRET', '--cookies', 'c.txt'],
				...[...REPORT_OPTIONS, '--failed-file', 'f.txt', '--json', '-v', '--if-exists', 'update'],
			],
			folder,
		);

		expect(code).toBe(1);
		expect(server.requests[0]?.headers.cookie).toBe('id=S3CRET');
		const places = (await readdir(folder, { recursive: true, withFileTypes: true }))
			.filter((entry) => entry.isFile() && entry.name !== 'c.txt')
			.map((entry) => join(entry.parentPath, entry.name));
		expect(places.length).toBe(7);
		const texts = await Promise.all(places.map((place) => readFile(place, 'latin1')));
		const secrets = new RegExp(`S3CRET|${basic('me:S3CRET').slice(6)}`);
		for (const text of [stdout, stderr, ...texts]) {
			expect(text).not.toMatch(secrets);
		}
	});

	it('without a password needs a terminal to ask on', async ({ server, folder }) => {
		const { code, stderr } = await flagdl([`${server.url}/a.gif`, '-u', 'me'], folder);

		expect(code).toBe(2);
		expect(stderr).toContain(
			"flagdl: --user: found no password, and no terminal to ask on; allowed: --user 'name:password', and 'name:' for an empty one\n",
		);
		expect(server.requests).toEqual([]);
		const empty = await flagdl([`${server.url}/a.gif`, '-u', 'me:'], folder);
		expect(empty.code).toBe(0);
		expect(server.requests[0]?.headers.authorization).toBe(basic('me:'));
	});

	it('asks on a terminal, and shows nothing of what is typed', async ({ server, folder }) => {
		const terminal = startOnTerminal([`${server.url}/a.gif`, '-u', 'me', '-v'], folder);
		await terminal.until((screen) => screen.join('').includes('Password of me:'));
		terminal.type('S3CREX\u007fT\r');

		expect(await terminal.ended).toBe(0);
		expect(server.requests[0]?.headers.authorization).toBe(basic('me:S3CRET'));
		expect(terminal.bytes()).not.toMatch(/S3|CRE/);
	});

	it.for([
		['Ctrl-C', '\u0003', 130],
		['Ctrl-D', '\u0004', 2],
	] as const)('ends with %s', async ([, key, expected], { server, folder }) => {
		const terminal = startOnTerminal([`${server.url}/a.gif`, '-u', 'me'], folder);
		await terminal.until((screen) => screen.join('').includes('Password of me:'));
		terminal.type(key);

		expect(await terminal.ended).toBe(expected);
		expect(server.requests).toEqual([]);
	});
});

describe('--netrc', () => {
	it('gives each host its own login, also behind a redirect, and the others the default', async ({
		server,
		folder,
	}) => {
		const other = await startOther();
		const elsewhere = `http://localhost:${other.port}`;
		server.answer('/b.gif', (_, response) => {
			response.writeHead(302, { location: `${elsewhere}/b.gif` }).end();
		});
		await writeFile(
			join(folder, 'rc'),
			'machine 127.0.0.1 login me password one\ndefault login any password d',
		);
		const urls = [`${server.url}/a.gif`, `${server.url}/b.gif`];
		const args = ['--netrc=rc', '--resolve', `localhost:${other.port}:127.0.0.1`, '-c', '1'];

		await flagdl([...urls, ...args], folder);
		expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
			basic('me:one'),
			basic('me:one'),
		]);
		// The default entry applies to the servers of the list only.
		expect(other.seen.map(({ authorization }) => authorization)).toEqual([undefined]);

		await flagdl([`${elsewhere}/c.gif`, '--netrc=rc'], folder);
		expect(other.seen.at(-1)?.authorization).toBe(basic('any:d'));

		await writeFile(join(folder, 'rc'), 'machine localhost login far password two');
		await flagdl([`${server.url}/b.gif`, '-d', 'x', ...args], folder);
		expect(other.seen.at(-1)?.authorization).toBe(basic('far:two'));
		expect(server.requests.at(-1)?.headers.authorization).toBeUndefined();
	});

	it('finds the password of a user in the URL, and goes behind a password there, -u and -H', async ({
		server,
		folder,
	}) => {
		await writeFile(
			join(folder, '.netrc'),
			'machine 127.0.0.1 login one password 1 machine 127.0.0.1 login two password 2',
		);
		const env = { HOME: folder };
		const url = (login: string, name: string) =>
			`${server.url.replace('//', `//${login}@`)}/${name}`;
		await flagdl([url('two', 'a'), '--netrc'], folder, { env });
		await flagdl([url('two:own', 'b'), '--netrc'], folder, { env });
		await flagdl([url('three', 'c'), '--netrc'], folder, { env });
		await flagdl([`${server.url}/d`, '--netrc', '-u', 'u:p'], folder, { env });
		await flagdl([`${server.url}/e`, '--netrc', '-H', 'Authorization: Bearer x'], folder, { env });
		await flagdl([`${server.url}/f`, '--netrc', '--strategy', 'threads'], folder, { env });

		expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
			basic('two:2'),
			basic('two:own'),
			basic('three:'),
			basic('u:p'),
			'Bearer x',
			basic('one:1'),
		]);
	});
});

describe('--cookies', () => {
	it('go where they belong, also behind a redirect, with those that a server sets', async ({
		server,
		folder,
	}) => {
		const other = await startOther();
		server.answer('/dir/b.gif', (_, response) => {
			const headers = { 'set-cookie': ['all=changed; Path=/', 'new=1'], location: '/dir/c.gif' };
			response.writeHead(302, headers).end();
		});
		server.answer('/away.gif', (_, response) => {
			response.writeHead(302, { location: `http://localhost:${other.port}/x.gif` }).end();
		});
		const lines = [
			'# Netscape HTTP Cookie File',
			'127.0.0.1\tFALSE\t/\tFALSE\t0\tall\t1',
			'127.0.0.1\tFALSE\t/dir\tFALSE\t0\tdeep\t2',
			'127.0.0.1\tFALSE\t/\tTRUE\t0\tsecure\t3',
			'127.0.0.1\tFALSE\t/\tFALSE\t1\told\t4',
			'#HttpOnly_localhost\tTRUE\t/\tFALSE\t4000000000\tlocal\t5',
			'example.org\tTRUE\t/\tFALSE\t0\telse\t6',
		];
		await writeFile(join(folder, 'c.txt'), `${lines.join('\n')}\n`);
		const names = ['a.gif', 'dir/b.gif', 'away.gif'];
		const urls = names.map((name) => `${server.url}/${name}`);
		const args = [
			'--cookies',
			'c.txt',
			'-c',
			'1',
			'--resolve',
			`localhost:${other.port}:127.0.0.1`,
		];

		for (const strategy of ['async', 'threads']) {
			const { code } = await flagdl(
				[...urls, ...args, '--strategy', strategy, '-d', strategy],
				folder,
			);

			expect(code).toBe(0);
			const sent = server.requests.map(({ url, headers }) => [url ?? '', headers.cookie]);
			expect(Object.fromEntries(sent)).toEqual({
				'/a.gif': 'all=1',
				'/dir/b.gif': 'deep=2; all=1',
				'/dir/c.gif': 'deep=2; new=1; all=changed',
				'/away.gif': 'all=1',
			});
			expect(other.seen.map(({ cookie }) => cookie)).toEqual(['local=5']);
			server.requests.length = 0;
			other.seen.length = 0;
		}
		await flagdl([`${server.url}/x.gif`, ...args, '-H', 'Cookie: own=1'], folder);
		expect(server.requests.map(({ headers }) => headers.cookie)).toEqual(['own=1']);
	});
});
