import type { Redis } from 'ioredis';
import { isTlsFailure } from '../../../download/errors.ts';
import { CannotRunError } from '../../../util/errors.ts';
import { nameOf, type Patience, type RedisAddress } from '../options.ts';

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
/** Refusals that are further apart than this are not of the same failover. */
const REFUSALS_APART_MS = 10_000;

const PATIENCE: Patience = { firstTries: 6, awayMaxMs: 60_000 };

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

/** The connections of one process to one Redis, which are lost together. */
export class RedisConnection {
	/** BullMQ duplicates it for commands that wait. */
	readonly client: Redis;
	/** Scheme, host and port. */
	readonly name: string;
	readonly #lost = new AbortController();
	readonly #open = new Set<Redis>();
	readonly #tell: (code: string, message: string) => void;
	readonly #patience: Patience;
	#isConnected = false;
	#isClosed = false;
	#awaySinceMs: number | undefined;
	#refusedSinceMs = 0;
	#refusedMs = Number.NEGATIVE_INFINITY;
	#lastError = NO_ANSWER;

	/**
	 * @param tell - Receives a code and a message when Redis goes away, and when it is back.
	 */
	constructor(
		{ Redis: Client }: Libraries,
		address: RedisAddress,
		tell: (code: string, message: string) => void,
		patience: Patience,
	) {
		this.name = nameOf(address);
		this.#tell = tell;
		this.#patience = patience;
		const { host, port, username, password, database: db, tls } = address;
		this.client = this.#watched(
			new Client({
				host,
				port,
				db,
				...(username !== undefined && { username }),
				...(password !== undefined && { password }),
				...(tls && { tls: { servername: host } }),
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
		if (!(error instanceof Error)) {
			return error;
		}
		// A transaction fails because of what it was made of.
		const { previousErrors = [] } = error as { previousErrors?: readonly Error[] };
		const found = [error, ...previousErrors].find(
			({ message }) => PASSING.test(message) || REFUSAL.test(message),
		);
		return found === undefined ? error : this.#cannotGoOn(firstWords(found.message), error);
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
		let silence: NodeJS.Timeout | undefined;
		connection.on('connect', () => {
			silence = setTimeout(() => connection.disconnect(true), CONNECT_TIMEOUT_MS);
		});
		for (const event of ['ready', 'close', 'end']) {
			connection.on(event, () => clearTimeout(silence));
		}
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
			const waitS = this.#patience.awayMaxMs / 1000;
			this.#tell('redis_away', `Redis at ${this.name} is away; waiting up to ${waitS} s for it`);
		}
	}

	#onReady(): void {
		if (this.#awaySinceMs !== undefined) {
			this.#tell('redis_back', `Redis at ${this.name} is back`);
		}
		this.#isConnected = true;
		this.#awaySinceMs = undefined;
	}

	/** @returns Undefined if it is given up. */
	#retryAfterMs(times: number): number | undefined {
		if (this.#isClosed || this.lost.aborted) {
			return undefined;
		}
		const { firstTries, awayMaxMs } = this.#patience;
		const awayMs = performance.now() - (this.#awaySinceMs ?? performance.now());
		if (this.#isConnected ? awayMs > awayMaxMs : times >= firstTries) {
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
		const nowMs = performance.now();
		if (nowMs - this.#refusedMs > REFUSALS_APART_MS) {
			this.#refusedSinceMs = nowMs;
		}
		this.#refusedMs = nowMs;
		return nowMs - this.#refusedSinceMs < this.#patience.awayMaxMs;
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

/** How a connection is begun. */
export interface ConnectOptions extends Partial<Patience> {
	/** Aborted when the connection is not wanted any more, before it is there. */
	readonly signal?: AbortSignal;
}

/**
 * Connects, with a bounded number of tries; what is asked while Redis is away waits for it.
 *
 * @throws {CannotRunError} When it cannot be reached, or does not let us in; or the signal's reason.
 */
export async function connect(
	libraries: Libraries,
	address: RedisAddress,
	tell: (code: string, message: string) => void = () => {},
	{ signal, ...patience }: ConnectOptions = {},
): Promise<RedisConnection> {
	const connection = new RedisConnection(libraries, address, tell, { ...PATIENCE, ...patience });
	const { client, lost } = connection;
	const ends = signal === undefined ? lost : AbortSignal.any([lost, signal]);
	try {
		await new Promise<void>((resolve, reject) => {
			const leave = () => reject(ends.reason as Error);
			client.once('ready', resolve);
			ends.addEventListener('abort', leave, { once: true });
			if (ends.aborted) {
				leave();
			}
		});
		return connection;
	} catch (error) {
		connection.close();
		throw error;
	}
}
