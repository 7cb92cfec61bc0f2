import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type FlagServer, startFlagServer } from '../../src/library/flag-server.ts';
import { it } from '../helpers/fixtures.ts';

const files = { '/a.txt': 'The first.\n', '/b c.txt': 'Another one.\n' };
const BUSY = {
	version: 1,
	rules: [{ id: 'busy', attempts: '1', then: { type: 'status', status: 503 } }],
} as const;

const textOf = async (server: FlagServer, path: string) =>
	await (await fetch(server.url + path)).text();

describe('a server for tests', () => {
	it('serves files from memory, under their names as URLs have them', async () => {
		await using server = await startFlagServer({ files });
		expect(await textOf(server, '/b%20c.txt')).toBe('Another one.\n');
		expect((await fetch(`${server.url}/c.txt`)).status).toBe(404);
		expect(server.requests().map(({ path, status }) => [path, status])).toEqual([
			['/b%20c.txt', 200],
			['/c.txt', 404],
		]);
	});

	it('is closed by await using', async () => {
		let url = '';
		{
			await using server = await startFlagServer({ files });
			url = server.url;
		}
		await expect(fetch(url)).rejects.toThrow('fetch failed');
	});

	it('plans sizes, digests and requests of all that it has', async () => {
		await using server = await startFlagServer({ files, scenario: BUSY, retries: 1 });
		const { targets, requests } = await server.plan();
		expect(targets.map(({ id, status, bytes }) => [id, status, bytes])).toEqual([
			['/a.txt', 'ok', 11],
			['/b%20c.txt', 'ok', 13],
		]);
		expect(requests).toBe(4);
		expect(targets[0]?.sha256).toBe(
			'376bf476844a628532fb4b9c5822b6cf8a3b872caabc5c0a85fe7ceb26acaa81',
		);
	});

	it('takes another scenario, and counts attempts anew', async () => {
		await using server = await startFlagServer({ files, scenario: BUSY });
		const statuses = async () => [
			(await fetch(`${server.url}/a.txt`)).status,
			(await fetch(`${server.url}/a.txt`)).status,
		];
		expect(await statuses()).toEqual([503, 200]);
		expect(await statuses()).toEqual([200, 200]);
		server.use(BUSY);
		expect(server.requests()).toEqual([]);
		expect(await statuses()).toEqual([503, 200]);
		server.use('local');
		expect(await statuses()).toEqual([200, 200]);
		expect(() => server.use(null as never)).toThrow(
			'scenario: found null; allowed: a name, a file or a document',
		);
	});

	it('is of a folder, too', async ({ folder }) => {
		writeFileSync(join(folder, 'ü.txt'), 'ü');
		await using server = await startFlagServer({ root: folder });
		expect(await textOf(server, '/%C3%BC.txt')).toBe('ü');
		await server.expectPlanMet({ '/ü.txt': 'ü' });
	});

	it('is of the bundled flags by default, which are planned by their codes', async () => {
		await using server = await startFlagServer();
		const { targets } = await server.plan(['br']);
		expect(targets[0]).toMatchObject({ id: 'BR', path: '/flags/br/br.gif', status: 'ok' });
	});

	it.for([
		[{ files, root: '.' }, 'root and files contradict each other'],
		[{ files: { 'a.txt': '' } }, 'found the path "a.txt"'],
		[{ files: { '/../a.txt': '' } }, 'found the path "/../a.txt"'],
		[{ files: { '/__flagdl/log': '' } }, 'found the path "/__flagdl/log"'],
		[{ files: { '/%5F_flagdl/log': '' } }, 'found the path "/%5F_flagdl/log"'],
		[{ files, scenario: 'flakey' }, 'did you mean flaky?'],
		[{ files, tls: 'BEGIN PRIVATE KEY' }, /^options\.tls: (?!.*PRIVATE)/],
		[{ file: files }, 'did you mean files?'],
		[{ files: { '/a.txt': null } }, 'options.files./a.txt'],
		[
			{
				files,
				scenario: { version: 1 as const, rules: [{ ...BUSY.rules[0], match: { path: '/x' } }] },
			},
			'matches no file of the server, which are /a.txt, /b%20c.txt',
		],
		[
			{
				files,
				scenario: { version: 1 as const, rules: [{ ...BUSY.rules[0], select: { exactly: 3 } }] },
			},
			'asks for 3 files, and only 2 match',
		],
	] as const)('refuses %j', async ([options, message]) => {
		await expect(startFlagServer(options as object)).rejects.toThrow(message);
	});
});

describe('a plan is not met', () => {
	it('by requests that are missing or too many', async () => {
		await using server = await startFlagServer({ files, scenario: BUSY });
		await textOf(server, '/a.txt');
		await expect(server.expectPlanMet()).rejects.toThrow(
			'/a.txt: 1 requests, a correct client makes 2 (503 by busy)',
		);
		await textOf(server, '/a.txt');
		await server.expectPlanMet();
		await textOf(server, '/a.txt');
		await expect(server.expectPlanMet()).rejects.toThrow('3 requests');
	});

	it.for([
		['The fir', 'it has 7 bytes, and the file has 11'],
		['The girst.\n', 'as many bytes as the file, but others'],
		['<!doctype html><title>Sign in</title>', 'it took a page of HTML for the file'],
		[undefined, 'it gave up, a correct client gets the file'],
	] as const)('by the content %j', async ([content, message]) => {
		await using server = await startFlagServer({ files });
		await textOf(server, '/a.txt');
		await expect(server.expectPlanMet({ '/a.txt': content })).rejects.toThrow(message);
	});

	it('by what is not there', async () => {
		await using server = await startFlagServer({ files });
		await textOf(server, '/gone');
		await expect(server.expectPlanMet({ '/gone': 'not found\n' })).rejects.toThrow(
			'/gone: it has 10 bytes, a correct client gives up (http_404)',
		);
		await server.expectPlanMet({ '/gone': undefined });
	});

	it('by nothing at all', async () => {
		await using server = await startFlagServer({ files });
		await expect(server.expectPlanMet()).rejects.toThrow('no file was asked for');
		await expect(server.expectPlanMet({})).rejects.toThrow('no file was asked for');
	});

	it('by a file that was never asked for', async () => {
		await using server = await startFlagServer({ files });
		await expect(server.expectPlanMet({ '/a.txt': files['/a.txt'] })).rejects.toThrow(
			'it was never asked for',
		);
	});
});
