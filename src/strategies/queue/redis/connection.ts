import { isIP } from 'node:net';
import type { Redis } from 'ioredis';
import { isTlsFailure } from '../../../download/errors.ts';
import { CannotRunError } from '../../../util/errors.ts';
import { unlessAborted } from '../../../util/promises.ts';
import { nameOf, type RedisAddress } from '../options.ts';

/** Timeout for the first reply on a new connection. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Timeout for a connection that sends nothing while a reply is due. */
const SOCKET_TIMEOUT_MS = 10_000;
/** Idle time before the first TCP keep-alive probe. */
const KEEP_ALIVE_MS = 5_000;
/** A frozen server does not close its side. */
const DISCONNECT_TIMEOUT_MS = 100;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 1_000;
/** In a failover Redis may accept connections but refuse commands. It counts as back after this long without a refusal. */
const SETTLE_MS = 2_000;
/** Attempts to connect at the start: a typo should not cost a minute. */
const CONNECT_TRIES = 6;
/** A restarted server may take a while to load a large append-only file. */
const AWAY_MAX_MS = 60_000;

/** The two packages that only the queue needs. */
export interface Libraries {
	readonly bullmq: typeof import('bullmq');
	readonly Redis: typeof import('ioredis').Redis;
}

/**
 * Loads BullMQ and ioredis, which are optional peer dependencies.
 *
 * @throws {CannotRunError} With the command that installs them, if they are missing.
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

/** How often to try to connect, and how long to wait for Redis. */
export interface ConnectOptions {
	readonly firstTries?: number;
	readonly awayMaxMs?: number;
	/** Aborts connecting. */
	readonly signal?: AbortSignal;
}

/**
 * Connects with a bounded number of attempts. Commands sent while Redis is away wait for it.
 *
 * @param notify - Receives a code and a message when Redis goes away, and when it is back.
 * @throws {CannotRunError} If Redis cannot be reached, or rejects the login.
 * @throws {Aborted} By the signal.
 */
export async function connect(
	libraries: Libraries,
	address: RedisAddress,
	notify: (code: string, message: string) => void = () => {},
	options: ConnectOptions = {},
): Promise<RedisConnection> {
	const connection = new RedisConnection(libraries, address, notify, options);
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

/** All connections of a process to one Redis; they are lost together. */
export class RedisConnection {
	/** BullMQ duplicates it for blocking commands. */
	readonly client: Redis;
	/** Scheme, host and port. */
	readonly name: string;
	readonly #lost = new AbortController();
	readonly #open = new Set<Redis>();
	readonly #notify: (code: string, message: string) => void;
	readonly #firstTries: number;
	readonly #awayMaxMs: number;
	#isConnected = false;
	#isClosed = false;
	#awaySinceMs: number | undefined;
	#lastRefusalMs = Number.NEGATIVE_INFINITY;
	#lastError = NO_ANSWER;

	constructor(
		{ Redis: Client }: Libraries,
		address: RedisAddress,
		notify: (code: string, message: string) => void,
		{ firstTries = CONNECT_TRIES, awayMaxMs = AWAY_MAX_MS }: ConnectOptions,
	) {
		this.name = nameOf(address);
		this.#notify = notify;
		this.#firstTries = firstTries;
		this.#awayMaxMs = awayMaxMs;
		const { database: db, tls, ...server } = address;
		this.client = this.#watch(
			new Client({
				...{
					...server,
					db,
					...(tls && { tls: isIP(server.host) === 0 ? { servername: server.host } : {} }),
				},
				connectTimeout: CONNECT_TIMEOUT_MS,
				socketTimeout: SOCKET_TIMEOUT_MS,
				disconnectTimeout: DISCONNECT_TIMEOUT_MS,
				keepAlive: KEEP_ALIVE_MS,
				// Commands sent while Redis is away are delayed, not lost; `lost` ends the wait.
				maxRetriesPerRequest: null,
				retryStrategy: (times) => this.#retryAfterMs(times),
				reconnectOnError: (error) => this.#shouldReconnect(error) && 2,
			}),
		);
		this.client.on('close', () => this.#onAway());
		this.client.on('ready', () => this.#onReady());
	}

	/** Aborted with a `CannotRunError` when Redis stays away; later commands never settle. */
	get lost(): AbortSignal {
		return this.#lost.signal;
	}

	/** Turns the error of a failed command into a `CannotRunError` if Redis is the cause; other errors are bugs. */
	explain(error: unknown): unknown {
		if (this.lost.aborted) {
			return this.lost.reason;
		}
		const isRedis =
			error instanceof Error && (TRANSIENT.test(error.message) || REJECTION.test(error.message));
		return isRedis ? this.#fatalError(firstWords(error.message), error) : error;
	}

	close(): void {
		this.#isClosed = true;
		for (const connection of this.#open) {
			connection.disconnect();
		}
	}

	#watch(connection: Redis): Redis {
		this.#open.add(connection);
		connection.on('end', () => this.#open.delete(connection));
		connection.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
		const duplicate = connection.duplicate.bind(connection);
		connection.duplicate = (...given) => this.#watch(duplicate(...given));
		return connection;
	}

	#onError({ code, message }: NodeJS.ErrnoException): void {
		this.#lastError = message.startsWith('Socket timeout')
			? NO_ANSWER
			: (code ?? firstWords(message));
		if (isTlsFailure(this.#lastError) || FATAL.test(message)) {
			this.#giveUp(this.#lastError);
		}
	}

	#onAway(): void {
		if (this.#isConnected && !this.#isClosed && this.#awaySinceMs === undefined) {
			this.#awaySinceMs = performance.now();
			const waitS = this.#awayMaxMs / 1000;
			this.#notify('redis_away', `Redis at ${this.name} is away; waiting up to ${waitS} s for it`);
		}
	}

	#onReady(): void {
		this.#isConnected = true;
		const isQuiet = performance.now() - this.#lastRefusalMs >= SETTLE_MS;
		const isOpen = !this.#isClosed && this.client.status === 'ready';
		if (this.#awaySinceMs !== undefined && isOpen && isQuiet) {
			this.#awaySinceMs = undefined;
			this.#notify('redis_back', `Redis at ${this.name} is back`);
		}
	}

	get #isAwayTooLong(): boolean {
		return performance.now() - (this.#awaySinceMs ?? Number.POSITIVE_INFINITY) > this.#awayMaxMs;
	}

	/** @returns Undefined to give up. */
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

	/** Records a refusal that a retry may overcome: in a failover, or while Redis is busy. @returns Whether to retry. */
	#shouldReconnect({ message }: Error): boolean {
		if (!TRANSIENT.test(message)) {
			return false;
		}
		this.#lastError = firstWords(message);
		this.#lastRefusalMs = performance.now();
		setTimeout(() => this.#onReady(), SETTLE_MS + 1).unref();
		this.#onAway();
		return !this.#isAwayTooLong;
	}

	#giveUp(reason: string): void {
		if (!this.lost.aborted && !this.#isClosed) {
			this.#lost.abort(this.#fatalError(reason));
			for (const connection of this.#open) {
				connection.disconnect();
			}
		}
	}

	#fatalError(reason: string, cause?: Error): CannotRunError {
		return new CannotRunError(`cannot go on without Redis at ${this.name}: ${reason}`, { cause });
	}
}

const NO_ANSWER = 'no answer';

/** Errors of Redis in a failover, while it starts, and while a script blocks it. */
const TRANSIENT = /^(UNBLOCKED|READONLY|LOADING|MASTERDOWN|TRYAGAIN|BUSY|CLUSTERDOWN) /;

/** Errors of Redis if it is full or read-only, denies access or a command, or a key has another type. */
const REJECTION =
	/^(OOM|MISCONF|NOREPLICAS|MOVED|ASK|NOPERM|NOAUTH|WRONGPASS|WRONGTYPE|ERR (unknown command|unknown redis command|the user executing)) /i;

/** Errors that no retry will change. */
const FATAL =
	/^(NOAUTH|WRONGPASS|NOPERM|DENIED|ERR (invalid password|AUTH|DB index|Client sent AUTH))/;

function firstWords(message: string): string {
	return message.split('\n')[0]?.slice(0, 60) ?? '';
}
