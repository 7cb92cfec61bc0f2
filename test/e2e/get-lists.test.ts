import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl, startFlagdl } from '../helpers/flagdl.ts';
import { answering, type HoldServer, startHoldServer } from '../helpers/hold-server.ts';

it.beforeEach(async ({ server }) => {
	server.answer(undefined, answerContent);
});

const contentOf = (path: string) => Buffer.from(`the content of ${path}\n`);

const answerContent = answering(contentOf);

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

describe('500 URLs with names and checksums', () => {
	const paths = Array.from({ length: 500 }, (_, index) => `/files/${index}.bin`);
	const nameOf = (index: number) => `part ${index % 7}/file ${index}.bin`;

	async function writeList(server: HoldServer, folder: string): Promise<void> {
		const lines = paths.map((path, index) => {
			const digest = index % 2 === 0 ? sha256(contentOf(path)) : '';
			return `${server.url}${path}\t${nameOf(index)}\t${digest}`;
		});
		await writeFile(join(folder, 'list.txt'), `# 500 files\n${lines.join('\n')}\n`);
		const odd = paths.flatMap((path, index) =>
			index % 2 === 1 ? [`${sha256(contentOf(path))}  ${nameOf(index)}`] : [],
		);
		await writeFile(join(folder, 'SHA256SUMS'), `${odd.join('\n')}\n`);
	}

	it('end whole though the network was lost in the middle, and only what was missing is asked for again', async ({
		server,
		folder,
	}) => {
		await writeList(server, folder);
		const args = ['--checksums', 'SHA256SUMS', '--failed-file', 'failed.txt', '--retry', '0'];
		server.hold(...paths.slice(200, 220));
		const first = startFlagdl(['-i', 'list.txt', ...args, '--report', 'first.json'], folder);
		await server.arrivals(216);
		for (const path of paths.slice(200)) {
			server.answer(path, (request) => request.socket.destroy());
		}
		server.release();
		const lost = await first.ended;

		expect(lost.code).toBe(1);
		expect(lost.stdout).toMatch(/^Saved 200 of 500 files: 300 failed\n/);
		const failed = await readFile(join(folder, 'failed.txt'), 'utf8');
		expect(failed.split('\n').filter((line) => line.startsWith('http'))).toHaveLength(300);

		for (const path of paths.slice(200)) {
			server.answer(path, answerContent);
		}
		const before = server.requests.length;
		const again = await flagdl(['-i', 'failed.txt', ...args, '--report', 'report.html'], folder);

		expect(again.code).toBe(0);
		expect(again.stdout).toMatch(
			/^300 files .* saved to downloads in .*, 1\.00 requests per file\n$/,
		);
		expect(server.requests.length - before).toBe(300);
		expect(await readFile(join(folder, 'failed.txt'), 'utf8')).toBe('');
		expect(await readFile(join(folder, 'report.html'), 'utf8')).toContain('Saved all 300 files');
		for (const [index, path] of paths.entries()) {
			const saved = await readFile(join(folder, 'downloads', nameOf(index)));
			expect(saved.equals(contentOf(path))).toBe(true);
		}
	});
});

describe('a list', () => {
	it('may come from standard input, with URLs, codes and JSON in it', async ({
		server,
		folder,
	}) => {
		const input = [
			`${server.url}/a.bin`,
			'br',
			JSON.stringify({
				url: `${server.url}/b.bin`,
				dest: 'Ünïcode/b "1".bin'.replaceAll('"', "'"),
			}),
		].join('\n');

		const { code, stdout } = await flagdl(['-i', '-', 'cn', '--json'], folder, { input });

		expect(code).toBe(0);
		expect(stdout).toContain('"totals":{"ok":4,');
		expect((await readdir(join(folder, 'downloads'))).sort()).toEqual(
			['a.bin', 'br.gif', 'cn.gif', 'Ünïcode'].sort(),
		);
	});

	// Here it is a socket, which cannot be opened by its path.
	it.for(['/dev/stdin', '/dev/fd/0'])('may come from %s', async (input, { folder }) => {
		const { code, stdout } = await flagdl(['-i', input], folder, { input: 'br\ncn\n' });

		expect(code).toBe(0);
		expect(stdout).toMatch(/^2 flags /);
	});

	it('puts each file where the template says', async ({ server, folder }) => {
		const input = `${server.url}/x/a.bin\n${server.url}/y/a.bin?z\n`;
		const collide = await flagdl(['-i', '-'], folder, { input });
		const { code } = await flagdl(['-i', '-', '-o', '{index}-{path}'], folder, { input });

		expect(collide.code).toBe(2);
		expect(collide.stderr).toContain(
			'standard input:2: saves to "a.bin", as standard input:1 does; give one of them another destination, or all of them -o \'{stem}-{hash}{ext}\'',
		);
		expect(code).toBe(0);
		expect((await readdir(join(folder, 'downloads'), { recursive: true })).sort()).toEqual([
			'1-x',
			'1-x/a.bin',
			'2-y',
			'2-y/a.bin',
		]);
	});

	it('may be the codes of any server that a template describes', async ({ server, folder }) => {
		const template = `${server.url}/{CC}/{name}.bin`;
		const { code } = await flagdl(['br', 'ci', '--template', template], folder);

		expect(code).toBe(0);
		expect(server.requests.map(({ url }) => url).sort()).toEqual([
			'/BR/Brazil.bin',
			"/CI/C%C3%B4te%20d'Ivoire.bin",
		]);
		expect(await readdir(join(folder, 'downloads'))).toEqual(['br.bin', 'ci.bin']);
	});

	it('is taken from a mirror, byte for byte, where the first place fails', async ({
		server,
		folder,
	}) => {
		const mirror = await startHoldServer();
		onTestFinished(async () => await mirror.close());
		mirror.answer('/copy/a/b.bin', answering(contentOf('/a/b.bin')));
		server.answer('/a/b.bin', (_request, response) => response.writeHead(503).end());

		const args = [`${server.url}/a/b.bin`, '--mirror', `${mirror.url}/copy/`, '--json'];
		const { code } = await flagdl(args, folder);

		expect(code).toBe(0);
		expect(mirror.requests.map(({ url }) => url)).toEqual(['/copy/a/b.bin']);
		const saved = await readFile(join(folder, 'downloads', 'b.bin'), 'utf8');
		expect(saved).toBe(contentOf('/a/b.bin').toString());
	});

	it('of ten thousand bad lines is refused, with twenty of them and their number, and nothing is written', async ({
		folder,
	}) => {
		const line = fc
			.oneof(
				fc.string({ unit: 'binary', maxLength: 40 }),
				fc.webUrl().map((url) => `${url}\t../../escape`),
				fc.constantFrom('br\t/etc/passwd', 'br\tC:\\x', '{"url": 1}', '{', 'ftp://h/a', 'br\t\tff'),
			)
			.map((text) => text.replace(/[\n\r]/g, ' '))
			.filter((text) => !/^\s*(#|[a-z]{2}\s*$|$)/i.test(text));
		const lines = fc.sample(line, { numRuns: 10_000, seed: 18 });
		await writeFile(join(folder, 'list.txt'), lines.join('\n'));

		const { code, stderr, stdout } = await flagdl(['-i', 'list.txt'], folder);

		expect(code).toBe(2);
		expect(stdout).toBe('');
		expect(stderr.split('\n')).toHaveLength(20 + 1 + 1 + 1);
		expect(stderr).toMatch(/^flagdl: list\.txt:\d+: found /);
		expect(stderr).toMatch(/\n… and 9,\d{3} more \(\d+,\d{3} in all\)\nSee flagdl get --help\n$/);
		expect(stderr).not.toMatch(/(?!\n)\p{Cc}/u);
		expect(await readdir(folder)).toEqual(['list.txt']);
	});
});
