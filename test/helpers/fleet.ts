import { afterAll, beforeAll, beforeEach, expect, onTestFinished } from 'vitest';
import type { Outcome } from '../../src/download/outcome.ts';
import { type Ran, type Running, startFlagdl } from './flagdl.ts';
import { type HoldServer, startHoldServer } from './hold-server.ts';
import { answerNumbered, listOf } from './numbered-files.ts';
import { startRedis, type TestRedis } from './redis.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A `flagdl worker` as a process. */
export interface WorkerProcess extends Running {
	/** Resolves when its standard error matches. */
	says(pattern: RegExp): Promise<void>;
	/** Sends SIGKILL, and resolves when the process has exited. */
	kill(): Promise<void>;
}

export interface Fleet {
	readonly redis: TestRedis;
	readonly cwd: string;
}

/**
 * Each test of the block gets an empty Redis, a server of numbered files and a folder.
 *
 * @param use - Called before each test.
 */
export function fleetForEach(use: (fleet: Fleet, server: HoldServer) => void): void {
	let redis: TestRedis;
	beforeAll(async () => {
		redis = await startRedis();
	});
	afterAll(async () => await redis.close());
	beforeEach(async () => {
		await redis.client.flushall();
		const server = await startHoldServer();
		server.answer(undefined, answerNumbered);
		onTestFinished(async () => await server.close());
		use({ redis, cwd: await temporaryFolder() }, server);
	});
}

/** Resolves when the worker waits for shards. */
export async function startWorker(
	{ redis, cwd }: Fleet,
	args: readonly string[] = [],
	env: Readonly<Record<string, string>> = {},
): Promise<WorkerProcess> {
	const running = startFlagdl(['worker', '--redis', redis.url, '-d', 'files', ...args], cwd, {
		env,
	});
	const { child, ended } = running;
	let heard = '';
	const listeners = new Set<() => void>();
	child.stderr?.on('data', (text: string) => {
		heard += text;
		for (const listener of listeners) {
			listener();
		}
	});
	const worker: WorkerProcess = {
		...running,
		says: async (pattern) =>
			await new Promise((resolve, reject) => {
				const listen = () => {
					if (!pattern.test(heard)) {
						return;
					}
					listeners.delete(listen);
					resolve();
				};
				listeners.add(listen);
				listen();
				void ended.then(() => reject(new Error(`the worker ended and said only: ${heard}`)));
			}),
		async kill() {
			child.kill('SIGKILL');
			await ended;
		},
	};
	await worker.says(/waiting for shards/);
	return worker;
}

/** Resolves when the text of the stream matches. */
export async function heard(stream: NodeJS.ReadableStream | null, pattern: RegExp): Promise<void> {
	let text = '';
	await new Promise<void>((resolve) => {
		stream?.on('data', (more: string) => {
			text += more;
			if (pattern.test(text)) {
				resolve();
			}
		});
	});
}

/** Starts `flagdl get --strategy queue` on numbered files. */
export function startRun(
	{ redis, cwd }: Fleet,
	count: number,
	base: string,
	args: readonly string[] = [],
	env: Readonly<Record<string, string>> = {},
): Running {
	const queue = ['--strategy', 'queue', '--redis', redis.url];
	return startFlagdl(['-i', '-', '-d', 'files', ...queue, '--json', ...args], cwd, {
		input: listOf(count, base),
		env,
	});
}

export interface RunEvent {
	readonly type: string;
	readonly exitCode?: number;
	readonly totals?: Readonly<Record<string, number>>;
	readonly requests?: number;
	readonly message?: string;
	readonly code?: string;
}

/** The events of a run, and its outcomes by index. Asserts that each target has one. */
export function readRun({ stdout }: Ran, count: number): Told {
	const events = stdout
		.trimEnd()
		.split('\n')
		.map((line) => JSON.parse(line) as RunEvent & Record<string, unknown>);
	const outcomes = events.filter(({ type }) => type === 'outcome') as unknown as TargetOutcome[];
	const ids = outcomes.map(({ id }) => id);
	expect(ids.length).toBe(count);
	expect(new Set(ids).size).toBe(count);
	return { events, outcomes, end: events.at(-1) as RunEvent };
}

interface Told {
	readonly events: readonly RunEvent[];
	readonly outcomes: readonly TargetOutcome[];
	readonly end: RunEvent;
}

/** An outcome as in `--json`. */
export interface TargetOutcome {
	readonly id: string;
	readonly status: Outcome['status'];
	readonly error?: { readonly code: string; readonly message: string; readonly causes?: string[] };
	readonly requests: number;
	readonly bytes: number;
}
