import { execFileSync } from 'node:child_process';
import {
	existsSync,
	lstatSync,
	mkdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { flagdl, type Ran, startFlagdl, startProcess } from '../helpers/flagdl.ts';
import { type HoldServer, startHoldServer } from '../helpers/hold-server.ts';
import { startOnTerminal } from '../helpers/pseudo-terminal.ts';
import { REPORT_NAMES } from '../helpers/report-names.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { expectWithin } from '../helpers/within.ts';

const STRATEGIES = ['async', 'threads', 'sequential'];
const NAMES = [...REPORT_NAMES, 'failed.txt'];

let folder: string;
let server: HoldServer;

beforeEach(async () => {
	folder = await temporaryFolder();
	server = await startHoldServer();
	onTestFinished(async () => await server.close());
});

function optionFor(name: string): string {
	return name === 'failed.txt' ? '--failed-file' : '--report';
}

/** Asserts that process, event and report agree on the exit code. */
function expectEverywhere(code: number, ran: Ran): void {
	const event = JSON.parse(ran.stdout.trimEnd().split('\n').at(-1) ?? '') as object;
	const report = JSON.parse(readFileSync(join(folder, 'other.json'), 'utf8')) as object;
	expect({ code: ran.code, event, report }).toMatchObject({
		code,
		event: { type: 'run.end', exitCode: code },
		report: { summary: { exitCode: code } },
	});
}

describe('a report that cannot be written at the end', () => {
	const others = ['--report', 'other.json', '--json'];

	/** Removes the report's directory while its only target is held. */
	async function runWithRemovedDirectory(args: readonly string[]): Promise<Ran> {
		mkdirSync(join(folder, 'gone'));
		server.hold();
		const running = startFlagdl(['br', '-s', server.url, ...others, ...args], folder);
		await server.arrivals(1);
		rmSync(join(folder, 'gone'), { recursive: true });
		server.release();
		return await running.ended;
	}

	it.each(NAMES)('is the exit code everywhere if its directory is removed: %s', async (name) => {
		const ran = await runWithRemovedDirectory([optionFor(name), join('gone', name)]);

		expectEverywhere(4, ran);
		expect(ran.stderr).toMatch(
			/cannot write the report .*gone\/.*: its directory has been removed/,
		);
		expect(existsSync(join(folder, 'gone'))).toBe(false);
	});

	it.each(STRATEGIES)('is the exit code everywhere, by %s', async (strategy) => {
		const ran = await runWithRemovedDirectory(['--report', 'gone/r.csv', '--strategy', strategy]);

		expectEverywhere(4, ran);
	});

	it.each(NAMES)('is the exit code everywhere if its disk is full: %s', async (name) => {
		symlinkSync('/dev/full', join(folder, name));

		// An unknown code, so that the failed-file has a line.
		const ran = await flagdl(['xx', ...others, optionFor(name), name], folder);

		expectEverywhere(4, ran);
		expect(ran.stderr).toContain('no space left on device');
		expect(realpathSync(join(folder, name))).toBe('/dev/full');
	});

	it('is named beside the others that cannot be written either', async () => {
		symlinkSync('/dev/full', join(folder, 'a.csv'));
		symlinkSync('/dev/full', join(folder, 'b.xml'));
		const reports = ['--report', 'a.csv', '--report', 'b.xml'];

		const ran = await flagdl(['xx', ...others, ...reports], folder);

		expectEverywhere(4, ran);
		expect(ran.stderr).toMatch(/cannot write the report .*a\.csv: no space left on device/);
		expect(ran.stderr).toMatch(/cannot write the report .*b\.xml: no space left on device/);
	});

	it('is not the exit code if the run has been interrupted', async () => {
		server.hold();
		symlinkSync('/dev/full', join(folder, 'r.csv'));
		const args = ['br', '-s', server.url, ...others, '--report', 'r.csv'];
		const running = startFlagdl(args, folder);
		await server.arrivals(1);
		running.child.kill('SIGINT');

		expectEverywhere(130, await running.ended);
	});
});

/** Blocks the event loop after a signal, as a machine under load does. */
const LOAD = `
setTimeout(() => process.on('SIGINT', () => {
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
}));
`;

describe('a long list that is interrupted on a machine under load', () => {
	it.each(STRATEGIES)('is listed as far as the second allows, by %s', async (strategy) => {
		server.hold();
		const lines = 200_000;
		const urls = Array.from({ length: lines }, (_, index) => `${server.url}/${index}.gif\n`);
		writeFileSync(join(folder, 'list'), urls.join(''));
		const args = ['-i', 'list', '-c', '2', '--failed-file', 'failed.txt', '--strategy', strategy];
		const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(LOAD)}` };
		const running = startFlagdl(args, folder, { env });
		await server.arrivals(1);
		running.child.kill('SIGINT');

		expect((await running.ended).code).toBe(130);
		const failed = readFileSync(join(folder, 'failed.txt'), 'utf8').trimEnd().split('\n');
		const listed = failed.filter((line) => !line.startsWith('#')).length;
		const [, left = ''] =
			/^# ([\d,]+) more targets were not started, and could not be listed in time$/.exec(
				failed.at(-1) ?? '',
			) ?? [];
		expect(listed + Number(left.replaceAll(',', ''))).toBe(lines);
	});
});

describe('a JUnit report of a run that was interrupted', () => {
	it.each(STRATEGIES)('counts the test cases that it has, by %s', async (strategy) => {
		server.hold();
		const urls = Array.from({ length: 200 }, (_, index) => `${server.url}/${index}.gif\n`);
		writeFileSync(join(folder, 'list'), urls.join(''));
		const args = ['-i', 'list', '-c', '2', '--report', 'r.xml', '--strategy', strategy];
		const running = startFlagdl(args, folder);
		await server.arrivals(1);
		running.child.kill('SIGINT');
		await running.ended;

		const xml = readFileSync(join(folder, 'r.xml'), 'utf8');
		const elementsOf = (name: string) => xml.split(`<${name} `).length - 1;
		expect(elementsOf('testcase')).toBeLessThan(urls.length);
		expect(xml.match(/ tests="\d+" failures="\d+" errors="\d+"/g)).toEqual(
			Array(2).fill(
				` tests="${elementsOf('testcase')}" failures="0" errors="${elementsOf('error')}"`,
			),
		);
	});
});

describe('reports and a failed-file', () => {
	const isRoot = process.getuid?.() === 0;
	const all = NAMES.flatMap((name) => [optionFor(name), name]);

	it.skipIf(!isRoot)('leave devices as they are', async () => {
		for (const name of NAMES) {
			execFileSync('mknod', [join(folder, name), 'c', '1', '3']);
		}

		const { code } = await flagdl(['xx', ...all], folder);

		expect(code).toBe(1);
		for (const name of NAMES) {
			expect(lstatSync(join(folder, name)).isCharacterDevice(), name).toBe(true);
		}
	});

	it('go to the readers of pipes', async () => {
		execFileSync('mkfifo', NAMES, { cwd: folder });
		const readers = NAMES.map((name) => startProcess('cat', [name], folder));

		await flagdl(['xx', ...all], folder);

		for (const [index, name] of NAMES.entries()) {
			expect((await readers[index]?.ended)?.stdout, name).toContain('404');
			expect(lstatSync(join(folder, name)).isFIFO(), name).toBe(true);
		}
	});

	it('go to the files that links lead to', async () => {
		for (const name of NAMES) {
			writeFileSync(join(folder, `real-${name}`), 'old');
			symlinkSync(`real-${name}`, join(folder, name));
		}

		await flagdl(['xx', ...all], folder);

		for (const name of NAMES) {
			expect(lstatSync(join(folder, name)).isSymbolicLink(), name).toBe(true);
			expect(readFileSync(join(folder, `real-${name}`), 'utf8'), name).toContain('404');
		}
	});
});

describe('a list that is a pipe without a writer', () => {
	it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('is given up at %s', async (signal) => {
		execFileSync('mkfifo', [join(folder, 'list')]);
		const terminal = startOnTerminal(['-i', 'list'], folder);
		await terminal.until((screen) => screen.some((line) => line.includes('reading the list')));

		const startMs = performance.now();
		terminal.kill(signal);

		expect(await terminal.ended).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
		expectWithin(1000, startMs);
	});
});

describe('a pipe as the summary of a step', () => {
	it('is given up if nothing reads it', async () => {
		execFileSync('mkfifo', [join(folder, 'summary')]);
		const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(folder, 'summary') };

		const { code, stdout } = await flagdl(['smoke', 'br', '--scenario', 'clean'], folder, { env });

		expect(stdout).toContain('::warning title=flagdl smoke::no summary: ENXIO');
		expect(code).toBe(0);
	});
});
