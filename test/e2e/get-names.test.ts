import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl, startProcess } from '../helpers/flagdl.ts';
import { answering, GIF, type HoldServer } from '../helpers/hold-server.ts';

const saved = async (folder: string) =>
	(await readdir(join(folder, 'downloads'))).filter((name) => !name.startsWith('.')).sort();

function serveAs(server: HoldServer, path: string, disposition: string): string {
	server.answer(path, (_, response) => {
		response.writeHead(200, { 'content-disposition': Buffer.from(disposition).toString('latin1') });
		response.end(GIF);
	});
	return `${server.url}${path}`;
}

describe('flagdl -J', () => {
	it.for(['sequential', 'async', 'threads'])(
		'saves under the names of the server, made safe, by %s',
		async (strategy, { server, folder }) => {
			const urls = [
				serveAs(server, '/get?1', 'attachment; filename="one.gif"'),
				serveAs(
					server,
					'/get?2',
					'attachment; filename="x.gif"; filename*=UTF-8\'\'na%C3%AFve.gif',
				),
				serveAs(server, '/get?3', 'inline; filename="../../../etc/passwd.gif"'),
				serveAs(server, '/get?4', 'attachment; filename=".flagdl-state.json"'),
				serveAs(server, '/get?5', 'attachment; filename="NUL.gif"'),
				serveAs(server, '/get?6', 'attachment; filename="a\u202egnp.gif"'),
				serveAs(server, '/get?7', 'attachment; filename="../.profile.gif"'),
				`${server.url}/plain.gif`,
			];

			const { code, stderr } = await flagdl([...urls, '-J', '--strategy', strategy], folder);

			expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
			expect(await saved(folder)).toEqual([
				'_NUL.gif',
				'_profile.gif',
				'agnp.gif',
				'get',
				'naïve.gif',
				'one.gif',
				'passwd.gif',
				'plain.gif',
			]);
			expect(server.requests).toHaveLength(urls.length);
		},
	);

	it('gives a name once in a run', async ({ server, folder }) => {
		const first = serveAs(server, '/get?1', 'attachment; filename="A.gif"');
		const second = serveAs(server, '/get?2', 'attachment; filename="a.GIF"');

		const { code, stdout } = await flagdl([first, second, '-J', '-c', '1', '--json'], folder);

		expect(code).toBe(1);
		expect(stdout).toContain('"code":"destination_taken"');
		expect(await saved(folder)).toEqual(['A.gif']);
	});

	it('leaves what is there, and puts names into the folder of a template', async ({
		server,
		folder,
	}) => {
		const url = serveAs(server, '/get?1', 'attachment; filename="a.gif"');
		await mkdir(join(folder, 'downloads/get'), { recursive: true });
		await writeFile(join(folder, 'downloads/get/a.gif'), 'mine');
		const args = [url, '-J', '-o', '{stem}/{basename}', '--json'];

		const skipped = await flagdl(args, folder);
		const failed = await flagdl([...args, '--if-exists', 'fail'], folder);

		expect([skipped.code, failed.code]).toEqual([0, 1]);
		expect(skipped.stdout).toContain('"skipped":1');
		expect(failed.stdout).toContain('"code":"file_exists"');
		expect(await readFile(join(folder, 'downloads/get/a.gif'), 'utf8')).toBe('mine');
	});

	it('resumes and retries under the name that it was given', async ({ server, folder }) => {
		const content = Buffer.alloc(3 * 1024 * 1024, 'flagdl');
		let requests = 0;
		server.answer('/get?big', ({ headers }, response) => {
			requests += 1;
			const start = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
			const rest = content.subarray(start);
			response.writeHead(start === 0 ? 200 : 206, {
				'content-disposition': `attachment; filename="big-${requests}.bin"`,
				'content-length': rest.length,
				etag: '"v1"',
				...(start > 0 && {
					'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
				}),
			});
			if (requests === 1) {
				response.write(rest.subarray(0, 2 * 1024 * 1024), () => {
					response.socket?.end();
				});
			} else {
				response.end(rest);
			}
		});

		server.holds('/get?big', content);
		const { code, stderr } = await flagdl([`${server.url}/get?big`, '-J'], folder);

		expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
		expect(server.requests[1]?.headers.range).toMatch(/^bytes=\d{6,}-$/);
		expect(await saved(folder)).toEqual(['big-1.bin']);
		const whole = await readFile(join(folder, 'downloads/big-1.bin'));
		expect(whole.equals(content)).toBe(true);
	});

	it.for([
		[['--if-exists', 'update'], '--if-exists update needs it before'],
		[['--with-names'], '--with-names needs it before'],
		[['--strategy', 'queue'], '--strategy queue needs it before'],
	] as const)('is refused with %j', async ([args, message], { folder }) => {
		const { code, stderr } = await flagdl(['br', '-J', ...args], folder);

		expect(code).toBe(2);
		expect(stderr).toContain(message);
	});
});

describe('flagdl -o', () => {
	it('- writes the file to standard output, and the rest to standard error', async ({
		server,
		folder,
	}) => {
		const temporary = join(folder, 'tmp');
		await mkdir(temporary);
		const command = '"$0" "$1" "$2" -o - -v > out';
		const bin = resolve(import.meta.dirname, '../../bin/flagdl.js');
		const args = ['-c', command, process.execPath, bin, `${server.url}/a.gif`];

		// The file is removed after it was written to standard output, so the oracle has nothing to judge.
		const ran = await startProcess('sh', args, folder, { env: { TMPDIR: temporary } }).ended;

		expect(ran).toMatchObject({ code: 0, stdout: '' });
		expect(ran.stderr).toMatch(/1 file .* saved to standard output in /);
		expect((await readFile(join(folder, 'out'))).equals(GIF)).toBe(true);
		expect(await readdir(temporary)).toEqual([]);
		expect((await readdir(folder)).sort()).toEqual(['out', 'tmp']);
	});

	it('- is where a dry run says that the file goes, whatever the server names it', async ({
		folder,
	}) => {
		const args = ['https://example.org/a.gif', '-o', '-', '-J', '--dry-run'];
		const { code, stdout } = await flagdl(args, folder);

		expect({ code, stdout }).toEqual({ code: 0, stdout: 'https://example.org/a.gif -> -\n' });
	});

	it('- says that its reader has gone, and not that the file is saved', async ({
		server,
		folder,
	}) => {
		server.answer('/big.bin', answering(Buffer.alloc(1024 * 1024, 1)));
		const bin = resolve(import.meta.dirname, '../../bin/flagdl.js');
		const command = '"$0" "$1" "$2" -o - | head -c 5 | wc -c; echo $PIPESTATUS';
		const args = ['-c', command, process.execPath, bin, `${server.url}/big.bin`];

		const { stdout, stderr } = await startProcess('bash', args, folder).ended;

		expect(stdout.split(/\s+/)).toEqual(['5', '4', '']);
		expect(stderr).toBe(
			'flagdl: cannot write to standard output: its reader closed before the end of the file\n',
		);
	});

	it('- writes nothing of a file that is not whole', async ({ server, folder }) => {
		const url = `${server.url}/a.gif`;
		const list = JSON.stringify({ url, sha512: 'ab'.repeat(64) });

		const ran = await flagdl(['-i', '-', '-o', '-', '--retry', '0'], folder, { input: list });

		expect(ran).toMatchObject({ code: 1, stdout: '' });
		expect(ran.stderr).toContain('SHA-512 is');
	});

	it.for([
		[['br', 'cn', '-o', '-'], 'has room for one target; found 2; give -l 1'],
		[['br', '-o', '-', '--json'], '--json writes its events, too'],
		[['br', '-o', '-', '--strategy', 'queue'], 'workers of --strategy queue save'],
		[
			['br', '-o', '/tmp/a b/x.gif'],
			"an absolute path; allowed: a path below the output directory, which -d names: -d '/tmp/a b' -o x.gif",
		],
		[['br', '-o', '/x.gif'], '-d / -o x.gif'],
		[['br', '-o', '../x.gif'], 'a path that leads out; allowed'],
		[['br', '-o', 'x/'], "which is a directory; allowed: the path of a file: -o 'x/{basename}'"],
	] as const)('refuses %j', async ([args, message], { folder }) => {
		const { code, stderr } = await flagdl(args, folder);

		expect(code).toBe(2);
		expect(stderr).toContain(message);
		expect(await readdir(folder)).toEqual([]);
	});
});
