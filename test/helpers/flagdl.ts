import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { onTestFinished } from 'vitest';

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

/** Starts the command line as a process, killed with the test at the latest. */
export function startFlagdl(args: readonly string[], cwd: string): Running {
	return startProcess(process.execPath, [BIN, ...args], cwd);
}

export function startProcess(command: string, args: readonly string[], cwd: string): Running {
	// A proxy of the machine would see what is meant for the loopback.
	const env = { ...process.env, http_proxy: '', HTTP_PROXY: '', all_proxy: '', ALL_PROXY: '' };
	const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
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
export async function flagdl(args: readonly string[], cwd: string): Promise<Ran> {
	return await startFlagdl(args, cwd).ended;
}

/** The path of the command line, for those who run it through something else. */
export const FLAGDL: readonly [node: string, bin: string] = [process.execPath, BIN];
