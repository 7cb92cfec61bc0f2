import type { Redis } from 'ioredis';
import { isTlsFailure } from '../../../download/errors.ts';
import { CannotRunError } from '../../../util/errors.ts';
import { nameOf, type RedisAddress } from './address.ts';
import type { Libraries } from './load.ts';
import { firstWords, isFinal, refusalOf } from './refusal.ts';
import { endSilence, watch } from './silence.ts';

/** For a connection, and again for the first answer: one that is frozen accepts and says nothing. */
const CONNECT_TIMEOUT_MS = 5_000;
/** How long Redis is waited for. */
export interface Patience {
	/** Tries before the first connection: a typing error should not cost a minute. */
	readonly firstTries: number;
	/** A server that is restarted and reads a large append-only file takes a while. */
	readonly awayMaxMs: number;
}

/** How a connection is begun. */
export interface LinkOptions extends Partial<Patience> {
	/** Aborted when nobody wants it any more, before it is there. */
	readonly signal?: AbortSignal;
}

const PATIENCE: Patience = { firstTries: 6, awayMaxMs: 60_000 };
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 1_000;
const NO_ANSWER = 'no answer';
/** A server that is frozen does not even say goodbye. */
const DISCONNECT_TIMEOUT_MS = 100;
/** TCP asks a connection that says nothing after this. */
const KEEP_ALIVE_MS = 5_000;

/** The connections of one process to one Redis, which are lost together. */
export interface RedisLink {
	readonly client: Redis;
	/** Scheme, host and port. */
	readonly name: string;
	/** Aborted with a `CannotRunError` when Redis stays away; then nothing more will be answered. */
	readonly lost: AbortSignal;
	/** A further connection, for commands that wait. */
	another(): Redis;
	/** What a failed command means for the whole process: that Redis does not work, or a bug. */
	explain(error: unknown): unknown;
	close(): void;
}

/**
 * Connects, with a bounded number of tries; what is asked while Redis is away waits for it.
 *
 * @param tell - Told when Redis goes away, and when it is back.
 * @throws {CannotRunError} When it cannot be reached, or does not let us in; or the signal's reason.
 */
export async function connect(
	{ Redis: Client }: Libraries,
	address: RedisAddress,
	tell: (code: string, message: string) => void = () => {},
	options: LinkOptions = {},
): Promise<RedisLink> {
	const { firstTries, awayMaxMs, signal } = { ...PATIENCE, ...options };
	const name = nameOf(address);
	const lost = new AbortController();
	const connections = new Set<Redis>();
	const state = { closed: false, connected: false, awaySinceMs: undefined as number | undefined };
	let lastError = NO_ANSWER;

	const giveUp = (reason: string) => {
		if (lost.signal.aborted || state.closed) {
			return;
		}
		lost.abort(new CannotRunError(`cannot go on without Redis at ${name}: ${reason}`));
		for (const connection of connections) {
			connection.disconnect();
		}
	};
	const retryStrategy = (times: number): number | null => {
		if (state.closed || lost.signal.aborted) {
			return null;
		}
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
			disconnectTimeout: DISCONNECT_TIMEOUT_MS,
			keepAlive: KEEP_ALIVE_MS,
			// What is asked while Redis is away is not lost but late; `lost` ends the waiting.
			maxRetriesPerRequest: null,
			retryStrategy,
		});
		connections.add(connection);
		connection.on('end', () => connections.delete(connection));
		endSilence(connection, CONNECT_TIMEOUT_MS, () => {
			lastError = NO_ANSWER;
		});
		connection.on('error', (error: NodeJS.ErrnoException) => {
			lastError = error.code ?? firstWords(error.message);
			if (isTlsFailure(lastError) || isFinal(error.message)) {
				giveUp(lastError);
			}
		});
		return connection;
	};

	const client = open();
	client.on('close', () => {
		if (!state.connected || state.closed || state.awaySinceMs !== undefined) {
			return;
		}
		state.awaySinceMs = performance.now();
		tell('redis_away', `Redis at ${name} is away; waiting up to ${awayMaxMs / 1000} s for it`);
	});
	client.on('ready', () => {
		if (state.awaySinceMs !== undefined) {
			tell('redis_back', `Redis at ${name} is back`);
		}
		state.awaySinceMs = undefined;
	});

	try {
		const ends = signal === undefined ? lost.signal : AbortSignal.any([lost.signal, signal]);
		await readyOrLost(client, ends);
	} catch (error) {
		state.closed = true;
		client.disconnect();
		throw error;
	}
	state.connected = true;
	// Where one hears nothing the others do not either, and those that wait would never find out.
	const stopWatching = watch(client, () => {
		lastError = NO_ANSWER;
		for (const connection of connections) {
			connection.disconnect(true);
		}
	});

	return {
		client,
		name,
		lost: lost.signal,
		another: open,
		explain(error) {
			const refusal = refusalOf(error);
			if (refusal === undefined) {
				return error;
			}
			return new CannotRunError(`cannot go on without Redis at ${name}: ${refusal}`, {
				cause: error,
			});
		},
		close() {
			state.closed = true;
			stopWatching();
			for (const connection of connections) {
				connection.disconnect();
			}
		},
	};
}

async function readyOrLost(client: Redis, lost: AbortSignal): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		const leave = () => reject(lost.reason as Error);
		client.once('ready', () => {
			lost.removeEventListener('abort', leave);
			resolve();
		});
		if (lost.aborted) {
			leave();
		} else {
			lost.addEventListener('abort', leave, { once: true });
		}
	});
}
