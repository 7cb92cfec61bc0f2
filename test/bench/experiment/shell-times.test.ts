import { describe, expect, it } from 'vitest';
import { timesIn, withoutTimes, withTimes } from '../../../src/bench/experiment/contestant.ts';
import { runProgram } from '../../../src/util/child-process.ts';
import { deferred } from '../../../src/util/promises.ts';

const NEVER = new AbortController().signal;

function node(script: string) {
	return { file: process.execPath, args: ['-e', script], cwd: process.cwd(), env: process.env };
}

describe('withTimes', () => {
	it('tells processor time, and keeps exit code and messages apart from it', async () => {
		const busy =
			'while (process.cpuUsage().user < 150_000) for (let i = 0; i < 1e6; i += 1); console.error("mine"); process.exit(7)';
		const end = await runProgram(withTimes(node(busy)), () => {}, NEVER);

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
		const running = runProgram(
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
