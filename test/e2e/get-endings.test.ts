import { execFileSync } from 'node:child_process';
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { it } from '../helpers/fixtures.ts';
import { flagdl, startFlagdl } from '../helpers/flagdl.ts';

/** Throws an uncaught error when signalled. */
const BUG = "process.on('SIGUSR2', () => { throw new Error('boom') })";

function lastEvent(stdout: string): object {
	return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as object;
}

describe('exit code 4', () => {
	it('says that a report cannot be written, before the first request', async ({
		server,
		folder,
	}) => {
		await writeFile(join(folder, 'file'), '');
		const args = [
			'br',
			'-s',
			server.url,
			'--report',
			'good.json',
			'--report',
			'file/r.csv',
			'--json',
		];

		const { code, stderr, stdout } = await flagdl(args, folder);

		expect(code).toBe(4);
		expect(stderr).toMatch(/^flagdl: cannot write the report .*file\/r\.csv: /);
		expect(lastEvent(stdout)).toMatchObject({ type: 'run.end', exitCode: 4 });
		expect(server.requests).toHaveLength(0);
		expect((await readdir(folder)).sort()).toEqual(['downloads', 'file']);
	});

	it('says that a report cannot be written, before the first request', async ({
		server,
		folder,
	}) => {
		await mkdir(join(folder, 'r.json'));

		const { code, stderr } = await flagdl(['br', '-s', server.url, '--report', 'r.json'], folder);

		expect(code).toBe(4);
		expect(stderr).toMatch(/flagdl: cannot write the report .*r\.json: it is a directory/);
		expect(server.requests).toEqual([]);
	});

	it('says that no target at all could be written', async ({ server, folder }) => {
		await mkdir(join(folder, 'downloads'));
		await writeFile(join(folder, 'downloads', 'flags'), 'a file in the way of a folder');

		const args = ['br', 'cn', '-s', server.url, '-o', 'flags/{cc}{ext}', '--retry', '0'];
		const { code, stdout } = await flagdl(args, folder);

		expect(stdout).toContain('Saved 0 of 2 flags: 2 failed');
		expect(code).toBe(4);
	});
});

describe('a signal before the first request', () => {
	it.for([
		['SIGINT', 130],
		['SIGTERM', 143],
	] as const)(
		'%s ends the reading of a list, and its copy is gone',
		async ([signal, exitCode], { server, folder }) => {
			execFileSync('mkfifo', [join(folder, 'list')]);
			const temporary = join(folder, 'tmp');
			await mkdir(temporary);
			const args = ['-i', 'list', '--json', '-s', server.url];
			const { child, ended } = startFlagdl(args, folder, { env: { TMPDIR: temporary } });
			// A pipe opens when both of its ends do: from here on flagdl waits for input.
			const pipe = await open(join(folder, 'list'), 'w');
			onTestFinished(async () => await pipe.close());
			await pipe.write('br\n');
			child.kill(signal);

			const { code, stdout } = await ended;

			expect(code).toBe(exitCode);
			expect(lastEvent(stdout)).toMatchObject({ type: 'run.end', exitCode });
			expect(await readdir(temporary)).toEqual([]);
		},
	);
});

describe('a bug', () => {
	it('ends the run with exit code 70, its reports, and a message to report it', async ({
		server,
		folder,
	}) => {
		server.hold('/flags/br/br.gif');
		const bug = `data:text/javascript,${encodeURIComponent(BUG)}`;
		const args = ['br', '-s', server.url, '--json', '--report', 'r.json'];
		const { child, ended } = startFlagdl(args, folder, {
			env: { NODE_OPTIONS: `--import=${bug}` },
		});
		await server.arrivals(1);
		child.kill('SIGUSR2');

		const { code, stdout, stderr } = await ended;

		expect(code).toBe(70);
		expect(stderr).toMatch(/this is a bug in flagdl.*Please report it/s);
		expect(stderr).toContain('Error: boom');
		expect(lastEvent(stdout)).toMatchObject({
			type: 'run.end',
			exitCode: 70,
			totals: { cancelled: 1 },
		});
		expect(JSON.parse(await readFile(join(folder, 'r.json'), 'utf8'))).toMatchObject({
			summary: { exitCode: 70 },
		});
	});
});
