import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { runProgram, waitForExit } from '../../src/util/child-process.ts';
import { deferred } from '../../src/util/promises.ts';

const NEVER = new AbortController().signal;

function node(script: string) {
	return { file: process.execPath, args: ['-e', script], cwd: process.cwd(), env: process.env };
}

describe('runProgram', () => {
	it('hands on every line, the last without a line break too, and times the process', async () => {
		const lines: string[] = [];
		const end = await runProgram(
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

		const end = await runProgram(command, () => {}, NEVER);

		expect(end.exitCode).toBeUndefined();
		expect(end.trouble).toMatch(/ENOENT/);
	});

	it('says which signal ended it', async () => {
		const end = await runProgram(node('process.kill(process.pid, "SIGKILL")'), () => {}, NEVER);

		expect(end).toMatchObject({ trouble: 'ended by SIGKILL' });
	});

	it('ends it when it is told to', async () => {
		const stop = new AbortController();
		const started = deferred<string>();
		const running = runProgram(
			node('console.log("here"); setInterval(() => {}, 1000)'),
			(line) => started.resolve(line),
			stop.signal,
		);
		await started.promise;

		stop.abort();

		expect(await running).toMatchObject({ trouble: 'interrupted' });
	});
});

describe('waitForExit', () => {
	it('asks a process to end, and kills it when it is deaf for longer than the grace', async () => {
		const stop = new AbortController();
		const deaf = spawn(process.execPath, [
			'-e',
			'process.on("SIGTERM", () => {}); console.log("here"); setInterval(() => {}, 1000)',
		]);
		const sent: string[] = [];
		const ended = waitForExit(deaf, {
			timeoutMs: 600_000,
			graceMs: 50,
			signal: stop.signal,
			kill: (name) => {
				sent.push(name);
				deaf.kill(name);
			},
		});
		await once(deaf.stdout, 'data');

		stop.abort();

		expect(await ended).toBe('interrupted');
		expect([sent, deaf.signalCode]).toEqual([['SIGTERM', 'SIGKILL'], 'SIGKILL']);
	});

	it('ends a process whose time is over', async () => {
		const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
		const kill = (name: NodeJS.Signals) => child.kill(name);

		const limits = { timeoutMs: 1, graceMs: 60_000, signal: NEVER, kill };
		expect(await waitForExit(child, limits)).toBe('timeout');
		expect(child.signalCode).toBe('SIGTERM');
	});
});
