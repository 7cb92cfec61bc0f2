import type { Redis } from 'ioredis';
import { isTlsFailure } from '../../../download/failures.ts';
import { CannotRunError } from '../../../util/cannot-run-error.ts';
import { nameOf, type RedisAddress } from './address.ts';
import type { Libraries } from './load.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** How long Redis is waited for. */
export interface Patience {
	/** Tries before the first connection: a typing error should not cost a minute. */
	readonly firstTries: number;
	/** A server that is restarted and reads a large append-only file takes a while. */
	readonly awayMaxMs: number;
}

const PATIENCE: Patience = { firstTries: 6, awayMaxMs: 60_000 };
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 1_000;
/** How often a connection that says nothing is asked, and how long its answer may take. */
const PING_MS = 5_000;
const PONG_MS = 15_000;

/** The connections of one process to one Redis, which are lost together. */
export interface RedisLink {
	readonly client: Redis;
	/** Scheme, host and port. */
	readonly name: string;
	/** Aborted with a `CannotRunError` when Redis stays away; then nothing more will be answered. */
	readonly lost: AbortSignal;
	/** A further connection, for commands that wait. */
	another(): Redis;
	close(): void;
}

/**
 * Connects, with a bounded number of tries; what is asked while Redis is away waits for it.
 *
 * @param tell - Told when Redis goes away, and when it is back.
 * @throws {CannotRunError} When it cannot be reached, or does not let us in.
 */
export async function connect(
	{ Redis: Client }: Libraries,
	address: RedisAddress,
	tell: (code: string, message: string) => void = () => {},
	{ firstTries, awayMaxMs }: Patience = PATIENCE,
): Promise<RedisLink> {
	const name = nameOf(address);
	const lost = new AbortController();
	const connections = new Set<Redis>();
	const state = { closed: false, connected: false, awaySinceMs: undefined as number | undefined };
	let lastError = 'no answer';

	const giveUp = (reason: string) => {
		if (lost.signal.aborted || state.closed) return;
		lost.abort(new CannotRunError(`cannot go on without Redis at ${name}: ${reason}`));
		for (const connection of connections) connection.disconnect();
	};
	const retryStrategy = (times: number): number | null => {
		if (state.closed || lost.signal.aborted) return null;
		const awayMs = performance.now() - (state.awaySinceMs ?? performance.now());
		if (state.connected ? awayMs > awayMaxMs : times >= firstTries) {
			giveUp(`${lastError} (${times} tries)`);
			return null;
		}
		return Math.min(RETRY_MIN_MS * 2 ** (times - 1), RETRY_MAX_MS);
	};

	const open = () => {
		const { host, port, username, password, database: db, tls } = address;
		const connection = new Client({
			host,
			port,
			db,
			...(username !== undefined && { username }),
			...(password !== undefined && { password }),
			...(tls && { tls: { servername: host } }),
			connectTimeout: CONNECT_TIMEOUT_MS,
			keepAlive: PING_MS,
			// What is asked while Redis is away is not lost but late; `lost` ends the waiting.
			maxRetriesPerRequest: null,
			retryStrategy,
		});
		connections.add(connection);
		connection.on('end', () => connections.delete(connection));
		connection.on('error', (error: NodeJS.ErrnoException) => {
			lastError = error.code ?? firstWords(error.message);
			if (isTlsFailure(lastError) || isRefusal(error.message)) giveUp(lastError);
		});
		return connection;
	};

	const client = open();
	client.on('close', () => {
		if (!state.connected || state.closed || state.awaySinceMs !== undefined) return;
		state.awaySinceMs = performance.now();
		tell('redis_away', `Redis at ${name} is away; waiting up to ${awayMaxMs / 1000} s for it`);
	});
	client.on('ready', () => {
		if (state.awaySinceMs !== undefined) tell('redis_back', `Redis at ${name} is back`);
		state.awaySinceMs = undefined;
	});

	try {
		await readyOrLost(client, lost.signal);
	} catch (error) {
		state.closed = true;
		client.disconnect();
		throw error;
	}
	state.connected = true;
	const stopWatching = watch(client);

	return {
		client,
		name,
		lost: lost.signal,
		another: open,
		close() {
			state.closed = true;
			stopWatching();
			for (const connection of connections) connection.disconnect();
		},
	};
}

async function readyOrLost(client: Redis, lost: AbortSignal): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		client.once('ready', () => resolve());
		lost.addEventListener('abort', () => reject(lost.reason as Error), { once: true });
	});
}

/** A machine that vanished closes no connection: only a question without an answer tells. */
function watch(client: Redis): () => void {
	let asked = false;
	const timer = setInterval(() => {
		if (asked || client.status !== 'ready') return;
		asked = true;
		const patience = setTimeout(() => client.disconnect(true), PONG_MS);
		const answered = () => {
			asked = false;
			clearTimeout(patience);
		};
		client.ping().then(answered, answered);
	}, PING_MS);
	timer.unref();
	return () => clearInterval(timer);
}

/** Answers that no further try will change. */
function isRefusal(message: string): boolean {
	return /^(NOAUTH|WRONGPASS|NOPERM|DENIED|ERR (invalid password|AUTH|DB index|Client sent AUTH))/.test(
		message,
	);
}

function firstWords(message: string): string {
	return message.split('\n')[0]?.slice(0, 60) ?? '';
}
