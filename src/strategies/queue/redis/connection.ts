import type { Redis } from 'ioredis';
import { isTlsFailure } from '../../../download/errors.ts';
import { CannotRunError } from '../../../util/errors.ts';
import { unlessAborted } from '../../../util/promises.ts';
import { nameOf, type RedisAddress } from '../options.ts';

/** How long one that accepts connections may take for the first answer. */
const CONNECT_TIMEOUT_MS = 5_000;
/** So long a connection may say nothing while an answer is due. */
const SOCKET_TIMEOUT_MS = 10_000;
/** TCP asks a connection that says nothing after this. */
const KEEP_ALIVE_MS = 5_000;
/** A server that is frozen does not even say goodbye. */
const DISCONNECT_TIMEOUT_MS = 100;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 1_000;
/** In a failover Redis may accept connections and refuse commands: it is back when it has not refused for so long. */
const REFUSALS_APART_MS = 2_000;
/** Tries before the first connection: a typing error should not cost a minute. */
const FIRST_TRIES = 6;
/** A server that is restarted and reads a large append-only file takes a while. */
const AWAY_MAX_MS = 60_000;

/** The two packages that only runs over many machines need. */
export interface Libraries {
	readonly bullmq: typeof import('bullmq');
	readonly Redis: typeof import('ioredis').Redis;
}

/**
 * Loads BullMQ and ioredis, which are optional peers of this package.
 *
 * @throws {CannotRunError} With the command that installs them, where they are missing.
 */
export async function loadLibraries(): Promise<Libraries> {
	try {
		const [bullmq, { Redis }] = await Promise.all([import('bullmq'), import('ioredis')]);
		return { bullmq, Redis };
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') {
			throw error;
		}
		throw new CannotRunError(
			'runs over many machines need BullMQ and ioredis, which are not installed; run: npm install bullmq@6 ioredis@6',
			{ cause: error },
		);
	}
}

/** How a connection is begun, and how long Redis is waited for. */
export interface ConnectOptions {
	readonly firstTries?: number;
	readonly awayMaxMs?: number;
	/** Aborted when the connection is not wanted any more, before it is there. */
	readonly signal?: AbortSignal;
}

/**
 * Connects, with a bounded number of tries; what is asked while Redis is away waits for it.
 *
 * @param tell - Receives a code and a message when Redis goes away, and when it is back.
 * @throws {CannotRunError} When it cannot be reached, or does not let us in.
 * @throws {Aborted} By the signal.
 */
export async function connect(
	libraries: Libraries,
	address: RedisAddress,
	tell: (code: string, message: string) => void = () => {},
	options: ConnectOptions = {},
): Promise<RedisConnection> {
	const connection = new RedisConnection(libraries, address, tell, options);
	const { client, lost } = connection;
	const ready = new Promise<void>((resolve) => client.once('ready', resolve));
	try {
		await unlessAborted(AbortSignal.any([lost, options.signal ?? lost]), ready);
		return connection;
	} catch (error) {
		connection.close();
		throw lost.aborted ? lost.reason : error;
	}
}

/** The connections of one process to one Redis, which are lost together. */
export class RedisConnection {
	/** BullMQ duplicates it for commands that wait. */
	readonly client: Redis;
	/** Scheme, host and port. */
	readonly name: string;
	readonly #lost = new AbortController();
	readonly #open = new Set<Redis>();
	readonly #tell: (code: string, message: string) => void;
	readonly #firstTries: number;
	readonly #awayMaxMs: number;
	#isConnected = false;
	#isClosed = false;
	#awaySinceMs: number | undefined;
	#refusedMs = Number.NEGATIVE_INFINITY;
	#lastError = NO_ANSWER;

	constructor(
		{ Redis: Client }: Libraries,
		address: RedisAddress,
		tell: (code: string, message: string) => void,
		{ firstTries = FIRST_TRIES, awayMaxMs = AWAY_MAX_MS }: ConnectOptions,
	) {
		this.name = nameOf(address);
		this.#tell = tell;
		this.#firstTries = firstTries;
		this.#awayMaxMs = awayMaxMs;
		const { database: db, tls, ...server } = address;
		this.client = this.#watched(
			new Client({
				...{ ...server, db, ...(tls && { tls: { servername: server.host } }) },
				connectTimeout: CONNECT_TIMEOUT_MS,
				socketTimeout: SOCKET_TIMEOUT_MS,
				disconnectTimeout: DISCONNECT_TIMEOUT_MS,
				keepAlive: KEEP_ALIVE_MS,
				// What is asked while Redis is away is not lost but late; `lost` ends the waiting.
				maxRetriesPerRequest: null,
				retryStrategy: (times) => this.#retryAfterMs(times),
				reconnectOnError: (error) => this.#isPassing(error) && 2,
			}),
		);
		this.client.on('close', () => this.#onAway());
		this.client.on('ready', () => this.#onReady());
	}

	/** Aborted with a `CannotRunError` when Redis stays away; then nothing more will be answered. */
	get lost(): AbortSignal {
		return this.#lost.signal;
	}

	/** What a failed command means for the whole process: that Redis does not work, or a bug. */
	explain(error: unknown): unknown {
		if (this.lost.aborted) {
			return this.lost.reason;
		}
		const isRedis =
			error instanceof Error && (PASSING.test(error.message) || REFUSAL.test(error.message));
		return isRedis ? this.#cannotGoOn(firstWords(error.message), error) : error;
	}

	close(): void {
		this.#isClosed = true;
		for (const connection of this.#open) {
			connection.disconnect();
		}
	}

	#watched(connection: Redis): Redis {
		this.#open.add(connection);
		connection.on('end', () => this.#open.delete(connection));
		connection.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
		const duplicate = connection.duplicate.bind(connection);
		connection.duplicate = (...given) => this.#watched(duplicate(...given));
		return connection;
	}

	#onError({ code, message }: NodeJS.ErrnoException): void {
		this.#lastError = message.startsWith('Socket timeout')
			? NO_ANSWER
			: (code ?? firstWords(message));
		if (isTlsFailure(this.#lastError) || FINAL.test(message)) {
			this.#giveUp(this.#lastError);
		}
	}

	#onAway(): void {
		if (this.#isConnected && !this.#isClosed && this.#awaySinceMs === undefined) {
			this.#awaySinceMs = performance.now();
			const waitS = this.#awayMaxMs / 1000;
			this.#tell('redis_away', `Redis at ${this.name} is away; waiting up to ${waitS} s for it`);
		}
	}

	#onReady(): void {
		this.#isConnected = true;
		const isQuiet = performance.now() - this.#refusedMs >= REFUSALS_APART_MS;
		const isOpen = !this.#isClosed && this.client.status === 'ready';
		if (this.#awaySinceMs !== undefined && isOpen && isQuiet) {
			this.#awaySinceMs = undefined;
			this.#tell('redis_back', `Redis at ${this.name} is back`);
		}
	}

	get #isAwayTooLong(): boolean {
		return performance.now() - (this.#awaySinceMs ?? Number.POSITIVE_INFINITY) > this.#awayMaxMs;
	}

	/** @returns Undefined if it is given up. */
	#retryAfterMs(times: number): number | undefined {
		if (this.#isClosed || this.lost.aborted) {
			return undefined;
		}
		if (this.#isConnected ? this.#isAwayTooLong : times >= this.#firstTries) {
			this.#giveUp(`${this.#lastError} (${times} tries)`);
			return undefined;
		}
		return Math.min(RETRY_MIN_MS * 2 ** (times - 1), RETRY_MAX_MS);
	}

	/** Whether another try may succeed: in a failover, or while something else keeps Redis busy. */
	#isPassing({ message }: Error): boolean {
		if (!PASSING.test(message)) {
			return false;
		}
		this.#lastError = firstWords(message);
		this.#refusedMs = performance.now();
		setTimeout(() => this.#onReady(), REFUSALS_APART_MS + 1).unref();
		this.#onAway();
		return !this.#isAwayTooLong;
	}

	#giveUp(reason: string): void {
		if (!this.lost.aborted && !this.#isClosed) {
			this.#lost.abort(this.#cannotGoOn(reason));
			for (const connection of this.#open) {
				connection.disconnect();
			}
		}
	}

	#cannotGoOn(reason: string, cause?: Error): CannotRunError {
		return new CannotRunError(`cannot go on without Redis at ${this.name}: ${reason}`, { cause });
	}
}

const NO_ANSWER = 'no answer';

/** What Redis says in a failover, while it starts, and while a script holds it up. */
const PASSING = /^(UNBLOCKED|READONLY|LOADING|MASTERDOWN|TRYAGAIN|BUSY|CLUSTERDOWN) /;

/** What it says if it is full, may not write, does not know the user, or has something else under a name. */
const REFUSAL = /^(OOM|MISCONF|NOREPLICAS|MOVED|ASK|NOPERM|NOAUTH|WRONGPASS|WRONGTYPE) /;

/** Answers that no further try will change. */
const FINAL =
	/^(NOAUTH|WRONGPASS|NOPERM|DENIED|ERR (invalid password|AUTH|DB index|Client sent AUTH))/;

function firstWords(message: string): string {
	return message.split('\n')[0]?.slice(0, 60) ?? '';
}
