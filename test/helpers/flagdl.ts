import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { judge } from './judged-command.ts';
import { onTestFinished } from './this-test.ts';

const BIN = resolve(import.meta.dirname, '../../bin/flagdl.js');

export interface Ran {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface Running {
	readonly child: ChildProcess;
	readonly ended: Promise<Ran>;
}

/** Starts the command line as a process, which is killed when the test is finished. */
export function startFlagdl(
	args: readonly string[],
	cwd: string,
	more: ProcessOptions = {},
): Running {
	const judged = judge(args, cwd);
	const { child, ended } = startProcess(process.execPath, [BIN, ...judged.args], cwd, more);
	const right = ended.then((ran) => {
		judged.end(ran);
		return ran;
	});
	// Also judged if the test checks only the files, or does not wait for the end.
	right.catch(() => {});
	onTestFinished(async () => {
		if (child.exitCode !== null) {
			await right;
		}
	});
	return { child, ended: right };
}

/** Settings of a process besides its arguments. */
export interface ProcessOptions {
	readonly env?: Readonly<Record<string, string>>;
	/** Complete standard input. */
	readonly input?: string;
}

export function startProcess(
	command: string,
	args: readonly string[],
	cwd: string,
	{ env: added, input = '' }: ProcessOptions = {},
): Running {
	// A proxy of the machine would receive requests to the loopback.
	const noProxies = { http_proxy: '', HTTP_PROXY: '', all_proxy: '', ALL_PROXY: '' };
	// From Node 22 on, flagdl keeps compiled code in the directory for temporary files.
	const noCache = { NODE_DISABLE_COMPILE_CACHE: '1' };
	const env = { ...process.env, ...noProxies, ...noCache, ...added };
	const child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
	// A process that does not read its input may have exited before it is written.
	child.stdin.on('error', () => {}).end(input);
	onTestFinished(() => {
		child.kill('SIGKILL');
	});
	let stdout = '';
	let stderr = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		stdout += text;
	});
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		stderr += text;
	});
	const ended = new Promise<Ran>((settle, fail) => {
		child.on('error', fail);
		child.on('close', (code, signal) => settle({ code, signal, stdout, stderr }));
	});
	return { child, ended };
}

/** Runs the command line to its end. */
export async function flagdl(
	args: readonly string[],
	cwd: string,
	more: ProcessOptions = {},
): Promise<Ran> {
	return await startFlagdl(args, cwd, more).ended;
}

/** Path of the command line, for tests that run it through another program. */
export const FLAGDL: readonly [node: string, bin: string] = [process.execPath, BIN];
