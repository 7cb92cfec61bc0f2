import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type Command, runCommand } from '../../../src/smoke/client/run-command.ts';
import { expectWithin } from '../../helpers/within.ts';

const never = new AbortController().signal;

const run = async (argv: Command['argv'], options: Partial<Command> = {}) =>
	await runCommand({
		argv,
		cwd: tmpdir(),
		env: process.env,
		timeoutMs: 20_000,
		signal: never,
		...options,
	});

/** Also false for a zombie, which remains forever in a container without an init process. */
function isRunning(pid: string): boolean {
	try {
		return !execFileSync('ps', ['-o', 'stat=', '-p', pid]).toString().trim().startsWith('Z');
	} catch {
		return false;
	}
}

/** Process ids of its children, as printed by the client. */
const pidsIn = (output: string) => output.match(/\d+/g) ?? [];

describe('a client that ends', () => {
	it('has its exit code, and what it wrote last on both streams', async () => {
		const ended = await run('echo out; echo err >&2; exit 3');

		expect(ended).toMatchObject({ code: 3, processesLeft: 0 });
		expect(ended.lastOutput.split('\n').sort()).toEqual(['err', 'out']);
		expect(ended.cause).toBeUndefined();
	});

	it('is shown with its last 4096 characters', async () => {
		const { lastOutput } = await run([
			process.execPath,
			'-e',
			"console.log('x'.repeat(1e6)); console.log('the end')",
		]);

		expect(lastOutput.length).toBeLessThanOrEqual(4097);
		expect(lastOutput).toMatch(/^…x+\nthe end$/);
	});

	it('by a signal is told apart', async () => {
		const ended = await run('kill -KILL $$');

		expect(ended.signal).toBe('SIGKILL');
		expect(ended.code).toBeUndefined();
	});
});

describe('a client that does not begin', () => {
	it('is not found', async () => {
		const ended = await run(['no-such-program-anywhere']);

		expect(ended.cause).toBe('not_started');
		expect(ended.lastOutput).toContain('ENOENT');
	});
});

describe('a client that does not end', () => {
	it('is ended with its children when its time is up', async () => {
		const ended = await run('sleep 1000 & echo $!; echo $$; wait', { timeoutMs: 500 });

		expect(ended.cause).toBe('timeout');
		expect(pidsIn(ended.lastOutput).length).toBe(2);
		expect(pidsIn(ended.lastOutput).filter(isRunning)).toEqual([]);
	});

	it('is ended though it will not hear of it', async () => {
		const ended = await run("trap '' TERM; echo $$; while :; do sleep 0.1; done", {
			timeoutMs: 300,
		});

		expect(ended).toMatchObject({ cause: 'timeout', signal: 'SIGKILL' });
		expect(pidsIn(ended.lastOutput).filter(isRunning)).toEqual([]);
	});

	it('is ended by an interruption', async () => {
		const interrupt = new AbortController();
		const ended = await run('echo $$; exec sleep 1000', {
			signal: interrupt.signal,
			onStdout: () => interrupt.abort(),
		});

		expect(ended.cause).toBe('interrupted');
		expectWithin(5000, performance.now() - ended.wallMs);
	});

	it('never begins after an interruption', async () => {
		const ended = await run('sleep 1000', { signal: AbortSignal.abort() });

		expect(ended.cause).toBe('interrupted');
	});
});

describe('what outlives a client', () => {
	it('is counted and ended', async () => {
		const ended = await run('sleep 1000 & echo $!');

		expect(ended).toMatchObject({ code: 0, processesLeft: 1 });
		expect(pidsIn(ended.lastOutput).filter(isRunning)).toEqual([]);
	});

	it.skipIf(process.platform !== 'linux')('even where it has left the group', async () => {
		const leave = `const { spawn } = require('node:child_process');
const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
child.unref();
console.log(child.pid);`;

		const ended = await run([process.execPath, '-e', leave]);

		expect(ended).toMatchObject({ code: 0, processesLeft: 1 });
		expect(pidsIn(ended.lastOutput).filter(isRunning)).toEqual([]);
	});

	it('is not there where children end a little later than their parent', async () => {
		const ended = await run('sleep 0.1 & exit 0');

		expect(ended.processesLeft).toBe(0);
	});
});
