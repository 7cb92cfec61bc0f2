import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { FolderFiles } from '../../../src/server/content/folder-files.ts';
import { type FlagServer, startFlagServer } from '../../../src/server/start-flag-server.ts';
import { suiteFolder, temporaryFolder } from '../../helpers/temporary-folder.ts';
import { treeContents, writeTree } from '../../helpers/tree.ts';
import { get, rawRequest } from '../raw-socket.ts';

const contents = treeContents();
let server: FlagServer;
let root: string;

beforeAll(async () => {
	const outer = await suiteFolder();
	root = join(outer, 'root');
	writeTree(root, contents);
	writeTree(root, new Map([['sub/index.html', Buffer.from('<h1>index</h1>')]]));
	writeTree(join(outer, 'outside'), new Map([['secret.txt', Buffer.from('secret')]]));
	writeTree(join(outer, 'root-too'), new Map([['secret.txt', Buffer.from('secret')]]));
	symlinkSync('one', join(root, 'inside'));
	symlinkSync('../outside/secret.txt', join(root, 'out'));
	symlinkSync(join(outer, 'outside'), join(root, 'outer'));
	symlinkSync('../root-too/secret.txt', join(root, 'out-too'));
	symlinkSync('circle', join(root, 'circle'));
	symlinkSync('nowhere', join(root, 'broken'));
	server = await startFlagServer({ root });
	return async () => await server.close();
});

// Comparing large buffers byte by byte takes vitest a minute.
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

const urlOf = (name: string) =>
	`${server.url}/${name.split('/').map(encodeURIComponent).join('/')}`;

describe('a file of a folder', () => {
	it.each([...contents])('%s is what it is on disk, with its digest', async (name, content) => {
		const response = await fetch(urlOf(name));
		const body = Buffer.from(await response.arrayBuffer());

		expect(response.status).toBe(200);
		expect(body.equals(content)).toBe(true);
		expect(response.headers.get('content-length')).toBe(String(content.length));
		const digest = createHash('sha256').update(content).digest('base64');
		expect(response.headers.get('repr-digest')).toBe(`sha-256=:${digest}:`);
		expect(response.headers.get('accept-ranges')).toBe('bytes');
	});

	it.each([...contents])('%s has the same fields and no body for HEAD', async (name, content) => {
		const response = await fetch(urlOf(name), { method: 'HEAD' });

		expect(response.headers.get('content-length')).toBe(String(content.length));
		expect(response.headers.get('etag')).toBe((await fetch(urlOf(name))).headers.get('etag'));
		expect(await response.text()).toBe('');
	});

	it.each(['small.bin', 'large.bin', '9 MiB.bin'])('%s comes in ranges', async (name) => {
		const whole = contents.get(name) ?? Buffer.alloc(0);
		const rangeOf = async (range: string, fields = {}) => {
			const response = await fetch(urlOf(name), { headers: { range, ...fields } });
			return `${response.status} ${sha256(Buffer.from(await response.arrayBuffer()))}`;
		};
		const etag = (await fetch(urlOf(name))).headers.get('etag') ?? '';

		expect(await rangeOf('bytes=10-19')).toBe(`206 ${sha256(whole.subarray(10, 20))}`);
		expect(await rangeOf('bytes=-7')).toBe(`206 ${sha256(whole.subarray(-7))}`);
		expect(await rangeOf('bytes=65530-', { 'if-range': etag })).toBe(
			`206 ${sha256(whole.subarray(65_530))}`,
		);
		expect(await rangeOf('bytes=10-19', { 'if-range': '"another"' })).toBe(`200 ${sha256(whole)}`);
		expect(await rangeOf(`bytes=${whole.length}-`)).toMatch(/^416 /);
	});

	it('is not sent again if the client has it', async () => {
		const headers = {
			'if-none-match': (await fetch(urlOf('large.bin'))).headers.get('etag') ?? '',
		};
		expect((await fetch(urlOf('large.bin'), { headers })).status).toBe(304);
	});

	it('has the type of its name', async () => {
		const typeOf = async (name: string) => (await fetch(urlOf(name))).headers.get('content-type');
		expect(await typeOf('empty.txt')).toBe('text/plain; charset=utf-8');
		expect(await typeOf('large.bin')).toBe('application/octet-stream');
		expect(await typeOf('one')).toBe('application/octet-stream');
		expect(await typeOf('sub/index.html')).toBe('text/html; charset=utf-8');
	});

	it('is the new one after it has changed', async () => {
		const folder = await temporaryFolder();
		const own = await startFlagServer({ root: folder });
		for (const size of [3, 70_000]) {
			writeFileSync(join(folder, 'a'), Buffer.alloc(size, 'a'));
			const first = await fetch(`${own.url}/a`);
			expect(await first.text()).toMatch(/^a+$/);
			writeFileSync(join(folder, 'a'), Buffer.alloc(size, 'b'));
			// Modification times are no finer than this on some systems.
			await sleep(20);
			writeFileSync(join(folder, 'a'), Buffer.alloc(size, 'b'));
			const second = await fetch(`${own.url}/a`);
			expect(await second.text()).toBe('b'.repeat(size));
			expect(second.headers.get('etag')).not.toBe(first.headers.get('etag'));
		}
		rmSync(join(folder, 'a'));
		expect((await fetch(`${own.url}/a`)).status).toBe(404);
		await own.close();
	});

	it('that is hashed first is logged with the number of its request on the connection', async () => {
		const folder = await temporaryFolder();
		writeFileSync(join(folder, 'a'), Buffer.alloc(200_000));
		const own = await startFlagServer({ root: folder });
		await rawRequest(own.url, get('/a') + get('/a', 'Connection: close\r\n'));

		expect(own.requests().map((entry) => entry.requestOnConnection)).toEqual([1, 2]);
		await own.close();
	});

	it('that becomes shorter while it is sent ends with its connection', async () => {
		const folder = await temporaryFolder();
		writeFileSync(join(folder, 'a'), Buffer.alloc(200_000));
		const scenario = {
			...{ name: 'slow', description: '', seed: 1, limits: {} },
			rules: [
				{
					id: 'pause',
					attempts: { from: 1 },
					action: { type: 'delay', at: { bytes: 1000 }, time: { dist: 'constant', ms: 300 } },
				} as const,
			],
		};
		const own = await startFlagServer({ root: folder, scenario });
		const response = await fetch(`${own.url}/a`);
		writeFileSync(join(folder, 'a'), 'short');
		await expect(response.arrayBuffer()).rejects.toThrow('terminated');
		await own.close();
	});
});

describe('a folder', () => {
	it('has its index.html under its name with a slash', async () => {
		const response = await fetch(`${server.url}/sub/`);
		expect(await response.text()).toBe('<h1>index</h1>');
	});

	it('without the slash is redirected to it, query and all', async () => {
		const response = await fetch(`${server.url}/sub?a=b`, { redirect: 'manual' });
		expect(response.status).toBe(301);
		expect(response.headers.get('location')).toBe('/sub/?a=b');
	});

	it.each(['/', '/sub/deeper', '/sub/deeper/'])('%s has none', async (path) => {
		expect((await fetch(server.url + path)).status).toBe(404);
	});
});

describe('nothing outside', () => {
	it.each([
		'/out',
		'/out-too',
		'/outer/secret.txt',
		'/circle',
		'/broken',
		'/../outside/secret.txt',
		'/sub/../../outside/secret.txt',
		'/%2e%2e/outside/secret.txt',
		'/%2E%2E/outside/secret.txt',
		'/sub/%2e%2e/one',
		'/..%2foutside%2fsecret.txt',
		'/sub%2findex.html',
		'/..%5coutside%5csecret.txt',
		'/../root-too/secret.txt',
		'//outside/secret.txt',
		'/./one',
		'/one%00',
		'/%00',
		'/one%00.txt',
		'/%zz',
		'/%c0%ae%c0%ae/outside/secret.txt',
		'/one/',
		`/${'a'.repeat(3000)}`,
		`/${'a/'.repeat(3000)}`,
		'/etc/passwd',
	])('%.60s is not found', async (path) => {
		const { text } = await rawRequest(server.url, get(path, 'Connection: close\r\n'));
		expect(text).toMatch(/^HTTP\/1\.1 404 /);
		expect(text).toMatch(/\r\n\r\nnot found\n$/);
	});

	it('is reached by a link that replaces a file while the server runs', async () => {
		const folder = await temporaryFolder();
		writeFileSync(join(folder, 'a'), 'mine');
		mkdirSync(join(folder, 'sub'));
		const own = await startFlagServer({ root: folder });
		expect(await (await fetch(`${own.url}/a`)).text()).toBe('mine');
		rmSync(join(folder, 'a'));
		symlinkSync(join(root, 'one'), join(folder, 'a'));
		expect((await fetch(`${own.url}/a`)).status).toBe(404);
		await own.close();
	});
});

describe('the list of a folder', () => {
	it('has every file once, links within it included, as it stands in a URL', () => {
		expect(new FolderFiles(root).files.paths).toEqual([
			'/9%20MiB.bin',
			'/empty.txt',
			'/inside',
			'/large.bin',
			'/one',
			'/small.bin',
			'/sub/100%25.txt',
			'/sub/a%23b.txt',
			'/sub/deeper/%C3%BC.txt',
			'/sub/index.html',
			'/with%20space.txt',
		]);
	});

	// Only Linux permits such names.
	it.runIf(process.platform === 'linux')('has no file whose name no URL can have', async () => {
		const odd = await suiteFolder();
		writeFileSync(Buffer.from(`${odd}/latin\xfc.txt`, 'latin1'), 'x');
		writeFileSync(join(odd, 'replacement \u{FFFD}'), 'x');

		expect(new FolderFiles(odd).files.paths).toEqual(['/replacement%20%EF%BF%BD']);
	});

	it('plans what has gone since as not there', async () => {
		const folder = await suiteFolder();
		writeFileSync(join(folder, 'stays'), 'x');
		writeFileSync(join(folder, 'goes'), 'x');
		await using served = await startFlagServer({ root: folder });
		rmSync(join(folder, 'goes'));
		const { totals, targets } = await served.plan({ retries: 0 });

		expect(totals).toMatchObject({ ok: 1, not_found: 1, error: 0 });
		expect(targets.find(({ status }) => status === 'not_found')?.id).toBe('/goes');
	});

	it.each([
		['nowhere', 'ENOENT'],
		['one', 'ENOTDIR'],
	])('cannot be made of %s', (name, code) => {
		expect(() => new FolderFiles(join(root, name))).toThrow(code);
	});
});
