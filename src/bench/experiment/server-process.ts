import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { LogEntry, LogSummary } from '../../server/request-log.ts';
import { deferred } from '../../util/deferred.ts';
import type { Flagdl } from './contestant.ts';

/** The log of the server for a run. */
export interface ServerLog {
	readonly summary: LogSummary;
	/** Number of requests that the log has dropped. */
	readonly gone: number;
	readonly requests: readonly LogEntry[];
}

export interface ServerProcess {
	/** Root, such as `http://127.0.0.1:40123`. */
	readonly url: string;
	/** Forgets past requests, so that every run meets the same attempts. */
	reset(): Promise<void>;
	log(): Promise<ServerLog>;
	stop(): Promise<void>;
}

const START_MS = 20_000;
const STOP_MS = 3000;

/**
 * The command of `flagdl serve`: it prints the URL of the server and waits for the end of its standard
 * input, which is a pipe of this process. The server therefore ends when this process ends for any reason.
 */
const COMPANION = 'console.log(process.env.FLAGDL_BASE_URL); process.stdin.resume()';

/**
 * Starts `flagdl serve` in a process of its own, so that its work does not slow the client.
 *
 * @throws {Error} If it does not become ready; the message has its output.
 */
export async function startServer(
	{ node, bin, env }: Flagdl,
	{ scenario, seed, cwd }: ServerOptions,
): Promise<ServerProcess> {
	const options = ['--port', '0', '--scenario', scenario, '--seed', String(seed)];
	const args = [bin, 'serve', ...options, '--', node, '-e', COMPANION];
	// In a process group of its own: a Ctrl-C ends the runs, and their log is still wanted.
	const detached = process.platform !== 'win32';
	const child = spawn(node, args, { cwd, env, stdio: 'pipe', detached });
	try {
		const url = new URL(await firstLine(child)).origin;
		return {
			url,
			async reset() {
				await request(`${url}/__flagdl/reset`, 'POST');
			},
			async log() {
				return (await (await request(`${url}/__flagdl/log`, 'GET')).json()) as ServerLog;
			},
			stop: () => stop(child),
		};
	} catch (error) {
		await stop(child);
		throw error;
	}
}

export interface ServerOptions {
	/** Name or file. */
	readonly scenario: string;
	readonly seed: number;
	/** Base of a relative path of a scenario. */
	readonly cwd: string;
}

async function firstLine(child: ChildProcessWithoutNullStreams): Promise<string> {
	let errors = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		errors = (errors + text).slice(-2000);
	});
	const answer = deferred<string | undefined>();
	const timer = setTimeout(() => answer.resolve(undefined), START_MS);
	createInterface({ input: child.stdout }).once('line', (text) => answer.resolve(text));
	child.once('close', () => answer.resolve(undefined));
	child.once('error', (error) => {
		errors = error.message;
	});

	const line = await answer.promise;
	clearTimeout(timer);
	if (line === undefined) {
		throw new Error(`flagdl serve did not start: ${errors.trim() || 'no answer'}`);
	}
	return line;
}

async function request(url: string, method: string): Promise<Response> {
	const response = await fetch(url, { method });
	if (!response.ok) {
		throw new Error(`${method} ${url}: ${response.status}`);
	}
	return response;
}

async function stop(child: ChildProcessWithoutNullStreams): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
		return;
	}
	const exited = once(child, 'exit');
	child.stdin.end();
	const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
	await exited;
	clearTimeout(timer);
}
