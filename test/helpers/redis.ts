import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** A redis-server for one test or file, in a temporary folder, with an append-only file. */
export interface TestRedis {
	readonly port: number;
	readonly url: string;
	/** For inspection. */
	readonly client: Redis;
	/** Sends SIGKILL; stored data survive. */
	kill(): Promise<void>;
	/** `SIGSTOP` freezes it, `SIGCONT` resumes it. */
	signal(signal: NodeJS.Signals): void;
	/** Starts it again on the same port, with its stored data. */
	start(): Promise<void>;
	/** Resolves when the condition on its data holds. */
	until(condition: () => Promise<boolean>): Promise<void>;
	close(): Promise<void>;
}

/**
 * Whether tests that need Redis must be skipped; prints a note if so.
 *
 * @throws In CI, where Redis must be installed.
 */
export function skipWithoutRedis(): boolean {
	try {
		execFileSync('redis-server', ['--version']);
		return false;
	} catch (cause) {
		if (process.env['CI'] !== undefined && process.env['CI'] !== '') {
			throw new Error('redis-server is not installed, and in CI nothing is skipped', { cause });
		}
		console.warn('SKIPPED: redis-server is not installed (Debian: apt install redis-server)');
		return true;
	}
}

/** @param options - Additional options of redis-server: `--requirepass`, `secret`. */
export async function startRedis(...options: readonly string[]): Promise<TestRedis> {
	const folder = mkdtempSync(join(tmpdir(), 'flagdl-redis-'));
	const port = await freePort();
	const password = options.includes('--requirepass')
		? options[options.indexOf('--requirepass') + 1]
		: undefined;
	const login = { port, ...(password !== undefined && { password }) };
	let server: ChildProcess | undefined;

	const start = async () => {
		server = spawn(
			'redis-server',
			[
				...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
				...['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec', ...options],
			],
			{ stdio: 'ignore' },
		);
		await answering(login);
	};
	const kill = async () => {
		if (server === undefined || server.exitCode !== null || server.signalCode !== null) {
			return;
		}
		const exited = once(server, 'exit');
		server.kill('SIGKILL');
		await exited;
	};

	await start();
	const client = new Redis({ ...login, maxRetriesPerRequest: null });
	client.on('error', () => {});
	return {
		port,
		url: `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`,
		client,
		kill,
		signal: (signal) => {
			server?.kill(signal);
		},
		start,
		async until(condition) {
			while (!(await condition())) {
				await sleep(10);
			}
		},
		async close() {
			client.disconnect();
			await kill();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

type Login = { readonly port: number; readonly password?: string };

/** Redis has no port 0, so this is a port that was free a moment ago. */
export async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
}

async function answering(login: Login): Promise<void> {
	for (;;) {
		const probe = new Redis({ ...login, lazyConnect: true, retryStrategy: () => null });
		probe.on('error', () => {});
		try {
			await probe.connect();
			await probe.ping();
			return;
		} catch {
			await sleep(20);
		} finally {
			probe.disconnect();
		}
	}
}
