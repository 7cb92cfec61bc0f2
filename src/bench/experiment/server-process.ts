import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Pool } from 'undici';
import type { Attempt } from '../../download/outcome.ts';
import { type createDecide, spansOf } from '../../scenarios/decide.ts';
import { sentBytes } from '../../scenarios/plan-target.ts';
import type { LogEntry, LogSummary } from '../../server/request-log.ts';
import { CannotRunError } from '../../util/errors.ts';
import { deferred } from '../../util/promises.ts';
import { hundredths } from '../../util/units.ts';
import type { RunAttempt } from '../results.ts';
import type { Flagdl } from './contestant.ts';

export interface ServerLog {
	readonly summary: LogSummary;
	/** Number of requests that the log has dropped. */
	readonly gone: number;
	readonly requests: readonly LogEntry[];
}

export interface ServerProcess {
	/** Root, such as `http://127.0.0.1:40123`. */
	readonly url: string;
	readonly caFile?: string;
	/** Resets attempt counts and log, so that every run meets the same attempts. */
	reset(): Promise<void>;
	log(): Promise<ServerLog>;
	stop(): Promise<void>;
}

const START_MS = 20_000;
const STOP_MS = 3000;

/**
 * The command that `flagdl serve` runs: it prints the URL of the server and waits for the end of its standard
 * input, a pipe from this process. The server therefore ends whenever this process ends.
 */
const COMPANION =
	'const { FLAGDL_BASE_URL: url, FLAGDL_CACERT: caFile } = process.env; console.log(JSON.stringify({ url, caFile })); process.stdin.resume()';

/**
 * Starts `flagdl serve` in its own process, so that it does not slow the client.
 *
 * @throws {Error} If it does not become ready; the message has its output.
 */
export async function startServer(
	{ node, bin, env }: Flagdl,
	{ scenario, seed, root, tls = false, cwd }: ServerOptions,
): Promise<ServerProcess> {
	const options = [
		...['--port', '0', '--scenario', scenario, '--seed', String(seed)],
		...(root === undefined ? [] : ['--root', root]),
		...(tls ? ['--tls'] : []),
	];
	const args = [bin, 'serve', ...options, '--', node, '-e', COMPANION];
	// In its own process group, so that its log is still available after Ctrl-C.
	const detached = process.platform !== 'win32';
	const child = spawn(node, args, { cwd, env, stdio: 'pipe', detached });
	try {
		const ready = JSON.parse(await firstLine(child)) as { url: string; caFile?: string };
		const url = new URL(ready.url).origin;
		const { caFile } = ready;
		const ca = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
		const pool = new Pool(url, { connect: ca === undefined ? {} : { ca } });
		return {
			url,
			...(caFile !== undefined && { caFile }),
			async reset() {
				await control(pool, 'POST', '/__flagdl/reset');
			},
			async log() {
				return JSON.parse(await control(pool, 'GET', '/__flagdl/log')) as ServerLog;
			},
			async stop() {
				await pool.destroy();
				await stop(child);
			},
		};
	} catch (error) {
		await stop(child);
		throw error;
	}
}

interface ServerOptions {
	readonly scenario: string;
	readonly seed: number;
	/** Folder to serve instead of the flags. */
	readonly root?: string | undefined;
	readonly tls?: boolean | undefined;
	/** Base of relative paths. */
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

/** @throws {CannotRunError} If the server has exited. */
async function control(pool: Pool, method: 'GET' | 'POST', path: string): Promise<string> {
	const { statusCode, body } = await pool.request({ method, path }).catch((cause: unknown) => {
		throw new CannotRunError('the bundled server is no longer there', { cause });
	});
	const text = await body.text();
	if (statusCode >= 300) {
		throw new Error(`${method} ${path}: ${statusCode}`);
	}
	return text;
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

/** The part of a request that only the server knows. */
export type ServerSide = Pick<RunAttempt, 'servedMs' | 'rule' | 'refused' | 'transferMs'>;

/**
 * Joins the attempts of one file with the requests in the log of the server: the n-th attempt is the n-th
 * request. If the counts differ, they cannot be joined.
 *
 * @returns An element for each of `attempts`.
 */
export function serverSides(
	attempts: readonly Attempt[],
	entries: readonly LogEntry[] | undefined,
	decide: Decide,
): readonly ServerSide[] {
	// An attempt without a connection sent no request.
	const sent = attempts.filter(({ connectedMs }) => connectedMs !== undefined);
	if (entries?.length !== sent.length) {
		return attempts.map(() => ({}));
	}
	return attempts.map((attempt) => {
		const entry = entries[sent.indexOf(attempt)];
		return entry === undefined ? {} : serverSide(entry, decide);
	});
}

export type Decide = ReturnType<typeof createDecide>;

export function serverSide(entry: LogEntry, decide: Decide): ServerSide {
	const { path, attempt, rule, outcome, servedMs = entry.plannedMs } = entry;
	const transferMs = attempt === undefined ? 0 : transferOf(entry, decide(path, attempt));
	return {
		servedMs,
		...(rule !== undefined && { rule }),
		...(outcome === 'refused' && { refused: true as const }),
		...(transferMs > 0 && { transferMs: hundredths(transferMs) }),
	};
}

/** Time that the scenario adds to the body. Only content of the file itself is slowed down. */
function transferOf({ bytes }: LogEntry, decision: ReturnType<Decide>): number {
	if (sentBytes(decision.claim?.fault, bytes) === undefined) {
		return 0;
	}
	const spans = [...spansOf(decision, bytes, bytes), ...decision.pauses];
	return spans.reduce((sum, { ms }) => sum + ms, 0);
}
