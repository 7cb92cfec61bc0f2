import { describe, expect, it } from 'vitest';
import { timesIn, withoutTimes, withTimes } from '../../src/bench/experiment/shell-times.ts';
import { runChild } from '../../src/util/child-process.ts';
import { deferred } from '../../src/util/deferred.ts';

const NEVER = new AbortController().signal;

function node(script: string) {
	return { file: process.execPath, args: ['-e', script], cwd: process.cwd(), env: process.env };
}

describe('runChild', () => {
	it('hands on every line, the last without a line break too, and times the process', async () => {
		const lines: string[] = [];
		const end = await runChild(
			node('process.stdout.write("a\\nb"); console.error("said"); process.exitCode = 3'),
			(line) => lines.push(line),
			NEVER,
		);

		expect(lines).toEqual(['a', 'b']);
		expect(end).toMatchObject({ exitCode: 3, log: 'said\n' });
		expect(end.trouble).toBeUndefined();
		expect(end.processMs).toBeGreaterThan(10);
	});

	it('says why a program could not be started', async () => {
		const command = { ...node(''), file: '/nowhere/to/be/found' };

		const end = await runChild(command, () => {}, NEVER);

		expect(end.exitCode).toBeUndefined();
		expect(end.trouble).toMatch(/ENOENT/);
	});

	it('says which signal ended it', async () => {
		const end = await runChild(node('process.kill(process.pid, "SIGKILL")'), () => {}, NEVER);

		expect(end).toMatchObject({ trouble: 'ended by SIGKILL' });
	});

	it('ends it when it is told to', async () => {
		const stop = new AbortController();
		const started = deferred<string>();
		const running = runChild(
			node('console.log("here"); setInterval(() => {}, 1000)'),
			(line) => started.resolve(line),
			stop.signal,
		);
		await started.promise;

		stop.abort();

		expect(await running).toMatchObject({ trouble: 'interrupted' });
	});
});

describe('withTimes', () => {
	it('tells processor time, and keeps exit code and messages apart from it', async () => {
		const busy =
			'const end = Date.now() + 300; while (Date.now() < end); console.error("mine"); process.exit(7)';
		const end = await runChild(withTimes(node(busy)), () => {}, NEVER);

		expect(end.exitCode).toBe(7);
		expect(timesIn(end.log)).toBeGreaterThan(100);
		expect(withoutTimes(end.log)).toBe('mine\n');
	});

	it('says nothing where there is nothing', () => {
		expect(timesIn('curl: (7) refused\n')).toBeUndefined();
	});

	it('ends the program along with its shell', async () => {
		const stop = new AbortController();
		const started = deferred<number>();
		const running = runChild(
			withTimes(node('console.log(process.pid); setInterval(() => {}, 1000)')),
			(line) => started.resolve(Number(line)),
			stop.signal,
		);
		const pid = await started.promise;

		stop.abort();
		await running;

		expect(() => process.kill(pid, 0)).toThrow('ESRCH');
	});
});
