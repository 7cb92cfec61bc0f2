import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { POPULOUS_CODES } from '../../src/targets/countries.ts';
import { it } from '../helpers/fixtures.ts';
import { FLAGDL, flagdl, startProcess } from '../helpers/flagdl.ts';
import { startHoldServer } from '../helpers/hold-server.ts';

const fixture = async (code: string) =>
	await readFile(new URL(`../../fixtures/flags/${code}/${code}.gif`, import.meta.url));

function lastEvent(stdout: string) {
	return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

async function holdServer() {
	const server = await startHoldServer();
	onTestFinished(async () => await server.close());
	return server;
}

function answerJson(text: string) {
	return (_request: IncomingMessage, response: ServerResponse) => {
		response.writeHead(200, { 'content-type': 'application/json' }).end(text);
	};
}

describe('flagdl get', () => {
	it.for(['async', 'threads', 'sequential'])(
		'saves the 20 flags by %s, equal to the bundled ones, and says so in one line',
		async (strategy, { folder }) => {
			const { code, stdout, stderr } = await flagdl(['--strategy', strategy], folder);

			expect(stdout).toMatch(
				/^20 flags \(70 kB\) saved to downloads in [\d.]+ (s|ms), 1\.00 requests per flag\n$/,
			);
			expect(stderr).toBe('');
			expect(code).toBe(0);
			const names = POPULOUS_CODES.map((cc) => `${cc.toLowerCase()}.gif`);
			expect(await readdir(join(folder, 'downloads'))).toEqual([...names].sort());
			for (const name of names) {
				const saved = await readFile(join(folder, 'downloads', name));
				expect(saved.equals(await fixture(name.slice(0, 2)))).toBe(true);
			}
		},
	);

	it('finds 249 of the 676 pairs of letters, names the others, and fails', async ({ folder }) => {
		const { code, stdout, stderr } = await flagdl(['--every', '--json'], folder);

		expect(code).toBe(1);
		expect(lastEvent(stdout)).toMatchObject({
			type: 'run.end',
			totals: { ok: 249, not_found: 427, error: 0, cancelled: 0, skipped: 0, unchanged: 0 },
			requests: 676,
			exitCode: 1,
		});
		expect(
			stderr.match(/^not found .* {2}[A-Z]{2} {2}404 Not Found, 1 request .*\.gif$/gm),
		).toHaveLength(427);
		expect(stderr).toContain('Saved 249 of 676 flags: 427 not found');
	});

	it('asks nothing for what is there already', async ({ folder }) => {
		await flagdl(['br', 'cn'], folder);
		const again = await flagdl(['BR', 'cn', '--json'], folder);

		expect(again.code).toBe(0);
		expect(lastEvent(again.stdout)).toMatchObject({ requests: 0, totals: { skipped: 2 } });
	});

	it('updates, fails at or overwrites what is there, as it is told', async ({ folder }) => {
		await flagdl(['br', '--if-exists', 'update'], folder);
		const updated = await flagdl(['br', '--if-exists', 'update', '--json'], folder);
		const failed = await flagdl(['br', '--if-exists', 'fail', '--json'], folder);
		const written = await flagdl(['br', '--if-exists', 'overwrite', '--json'], folder);

		expect(lastEvent(updated.stdout)).toMatchObject({ totals: { unchanged: 1 }, requests: 1 });
		expect(lastEvent(failed.stdout)).toMatchObject({ totals: { error: 1 }, exitCode: 1 });
		expect(lastEvent(written.stdout)).toMatchObject({ totals: { ok: 1 }, exitCode: 0 });
	});

	it('tells each outcome with -v, and nothing but failures with -q', async ({ folder }) => {
		const verbose = await flagdl(['br', 'xx', '-v', '-d', 'v'], folder);
		const quiet = await flagdl(['br', 'xx', '-q', '-d', 'q'], folder);

		expect(verbose.stdout).toMatch(/^ok {9}5\.9 kB .* {2}BR {2}br\.gif$/m);
		expect(verbose.stdout).toMatch(/^not found .* {2}XX {2}/m);
		expect(verbose.stderr).toBe('');
		expect(quiet.stdout).toBe('');
		expect(quiet.stderr).toMatch(/^not found .* {2}XX {2}.*\n$/);
	});

	it('saves under the names of the countries', async ({ folder }) => {
		const { code } = await flagdl(['br', 'ci', 'de', '--with-names'], folder);

		expect(code).toBe(0);
		expect(await readdir(join(folder, 'downloads'))).toEqual([
			'Brazil.gif',
			"Côte d'Ivoire.gif",
			'Germany.gif',
		]);
	});

	it.for([
		['{"country":"../../x"}', '.._.._x.gif'],
		[`{"country":"${'x'.repeat(300)}"}`, /^x+\.gif$/],
		['{}', undefined],
		['<html>', undefined],
	] as const)(
		'writes nothing outside its directory when the metadata are %s',
		async ([metadata, name], { folder }) => {
			const server = await holdServer();
			server.answer('/flags/br/metadata.json', answerJson(metadata));
			const inner = join(folder, 'a', 'b');
			await mkdir(inner, { recursive: true });

			const args = ['br', 'cn', '-s', server.url, '--with-names', '--retry', '0'];
			server.answer('/flags/cn/metadata.json', answerJson('{"country":"China"}'));
			const { code } = await flagdl(args, inner);

			expect(code).toBe(name === undefined ? 1 : 0);
			const saved = await readdir(join(inner, 'downloads'));
			expect(saved).toContain('China.gif');
			const others = saved.filter((file) => file !== 'China.gif');
			expect(others).toEqual(name === undefined ? [] : [expect.stringMatching(name)]);
			expect(await readdir(inner)).toEqual(['downloads']);
			expect(await readdir(folder)).toEqual(['a']);
		},
	);

	it('stops at the first failure with --fail-early, and says so', async ({ folder }) => {
		const server = await holdServer();
		server.hold('/flags/cn/cn.gif', '/flags/in/in.gif');
		server.answer('/flags/br/br.gif', (_request, response) => response.writeHead(404).end());

		const args = ['br', 'cn', 'in', 'us', '-s', server.url, '--fail-early', '-c', '3', '--json'];
		const { code, stdout, stderr } = await flagdl(args, folder);

		expect(code).toBe(1);
		expect(lastEvent(stdout)).toMatchObject({ totals: { not_found: 1, cancelled: 3 } });
		expect(stderr).toContain('flagdl: stopped after BR (--fail-early)');
	});

	it('stops at its deadline, and says so', async ({ folder }) => {
		const server = await holdServer();
		server.hold('/flags/cn/cn.gif');

		const args = ['br', 'cn', '-s', `${server.url}/flags`, '--deadline', '2s', '--json'];
		const { code, stdout, stderr } = await flagdl(args, folder);

		expect(code).toBe(1);
		expect(lastEvent(stdout)).toMatchObject({ totals: { ok: 1, cancelled: 1 } });
		expect(stderr).toContain('flagdl: stopped after 2 s (--deadline)');
	});

	it('stops at its deadline while a list is still written', async ({ folder }) => {
		execFileSync('mkfifo', [join(folder, 'list')]);

		const args = ['-i', 'list', '--deadline', '700ms', '--json'];
		const { code, stdout, stderr } = await flagdl(args, folder);

		expect(code).toBe(4);
		expect(lastEvent(stdout)).toMatchObject({ type: 'run.end', exitCode: 4 });
		expect(stderr).toContain(
			'flagdl: stopped after 0.7 s (--deadline), before all targets were read',
		);
	});

	it('may read and write one device', async ({ server, folder }) => {
		const args = [`${server.url}/a.gif`, '--netrc=/dev/null', '--failed-file', '/dev/null'];

		expect((await flagdl(args, folder)).code).toBe(0);
	});

	it('starts no server for a list of URLs, and none for a dry run', async ({ folder }) => {
		const server = await holdServer();
		const run = await flagdl([`${server.url}/a.gif`, '--json'], folder);
		const dry = await flagdl(['br', 'cn', '--dry-run'], folder);
		const secure = await flagdl(['br', '--dry-run', '--tls'], folder);

		expect(run.code).toBe(0);
		expect(run.stdout).not.toContain('"server"');
		expect(dry).toMatchObject({
			code: 0,
			stdout:
				'http://127.0.0.1:<port>/flags/br/br.gif -> downloads/br.gif\nhttp://127.0.0.1:<port>/flags/cn/cn.gif -> downloads/cn.gif\n',
		});
		expect(secure.stdout).toContain('https://127.0.0.1:<port>/flags/br/br.gif -> ');
		expect(await readdir(folder)).toEqual(['downloads']);
		expect(await readdir(join(folder, 'downloads'))).toEqual(['a.gif']);
	});

	it('prints its plan as JSON, too', async ({ folder }) => {
		const { stdout } = await flagdl(['br', '--dry-run', '--json', '--with-names'], folder);

		expect(JSON.parse(stdout)).toEqual({
			id: 'BR',
			index: 0,
			url: 'http://127.0.0.1:<port>/flags/br/br.gif',
			dest: join(folder, 'downloads', 'br.gif'),
			metadataUrl: 'http://127.0.0.1:<port>/flags/br/metadata.json',
		});
	});

	it('compares with checksums, and says how many it had none for', async ({ folder }) => {
		const sums = new URL('../../fixtures/manifest.sha256', import.meta.url).pathname;
		const good = await flagdl(['br', 'xx', 'cn', '--checksums', sums], folder);
		await writeFile(join(folder, 'bad'), `${'0'.repeat(64)}  br.gif\n`);
		const bad = await flagdl(['br', '--checksums', 'bad', '-d', 'new', '--retry', '0'], folder);

		expect(good.stderr).toContain(`1 of 3 targets have no digest in ${sums}`);
		expect(good.stdout).toContain('Saved 2 of 3 flags');
		expect(bad.code).toBe(1);
		expect(bad.stderr).toContain('checksum_mismatch');
		expect(await readdir(join(folder, 'new'))).toEqual([]);
	});

	it('cannot run where it cannot write, and asks no server', async ({ folder }) => {
		const server = await holdServer();
		await writeFile(join(folder, 'file'), '');

		const args = [`${server.url}/a.gif`, '-d', 'file/sub', '--json'];
		const { code, stderr, stdout } = await flagdl(args, folder);

		expect(code).toBe(4);
		expect(stderr).toContain('flagdl: cannot write to the output directory file/sub: ');
		expect(lastEvent(stdout)).toMatchObject({ seq: 0, type: 'run.end', exitCode: 4 });
		expect(server.requests).toHaveLength(0);
	});

	it('does not mind a reader who leaves', async ({ folder }) => {
		const command = FLAGDL.map((part) => `'${part}'`).join(' ');
		const verbose = `${command} -a -v -d out | head -n 1; echo "\${PIPESTATUS[0]}"`;
		const planned = `${command} -e --dry-run | head -n 1; echo "\${PIPESTATUS[0]}"`;
		const run = await startProcess('bash', ['-c', verbose], folder).ended;
		const plan = await startProcess('bash', ['-c', planned], folder).ended;

		expect(run.stderr + plan.stderr).toBe('');
		expect(run.stdout).toMatch(/^ok .*\n0\n$/);
		expect(plan.stdout).toMatch(/^http.*aa\.gif\n0\n$/);
		expect(await readdir(join(folder, 'out'))).toHaveLength(249);
	});
});
