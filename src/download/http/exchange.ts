import type { Dispatcher } from 'undici';
import type { Connection, TrackedClient } from '../connection/connection-pool.ts';
import { nowMs } from '../outcome.ts';
import { ChunkQueue } from './chunk-queue.ts';
import { checkFields, checkInterim, HeaderFields } from './header-fields.ts';

export interface ResponseHead {
	readonly status: number;
	readonly fields: HeaderFields;
}

/**
 * One HTTP request and its response, as a handler for undici's `dispatch`.
 * *Fluent Python*, 18.5: from callbacks to coroutines.
 *
 * The body is pulled with `read`; the socket is paused while too much of it is queued. An exchange
 * needs no closing: it is settled after the last chunk or an error.
 *
 * It implements the legacy callbacks (`onHeaders` and so on), which undici 7 calls directly. The new
 * ones are called through a wrapper that parses all header fields, at 16 µs per file; few are used.
 */
export class Exchange implements Dispatcher.DispatchHandler {
	/** Host of the proxy that may respond in place of the origin, if there is one. */
	readonly proxy: string | undefined;
	/** When the request was dispatched. */
	readonly startMs: number = nowMs();
	connection: Connection | undefined;
	reused = false;
	/** How often the request was written to a socket; 0 if connecting failed. */
	timesSent = 0;
	headersMs: number | undefined;
	bodyMs: number | undefined;
	/** Bytes of the body received. */
	bytes = 0;

	#bytesReadBefore = 0;
	#head: ResponseHead | undefined;
	#resolveHead: ((head: ResponseHead) => void) | undefined;
	#rejectHead: ((error: Error) => void) | undefined;
	readonly #queue = new ChunkQueue();
	/** The reader is woken once this much is queued. */
	#wantedBytes = 1;
	#error: Error | undefined;
	#wake: (() => void) | undefined;
	#abort: ((reason: Error) => void) | undefined;
	#resume: (() => void) | undefined;
	#paused = false;
	#wasPaused = false;
	#inputEnded = false;
	#interim = 0;
	readonly #client: TrackedClient;
	readonly #owner: ExchangeOwner;

	constructor(client: TrackedClient, owner: ExchangeOwner, proxy?: string) {
		this.#client = client;
		this.#owner = owner;
		this.proxy = proxy;
	}

	/** @throws The error that ended the exchange before a response arrived. */
	head(): Promise<ResponseHead> {
		return new Promise((resolve, reject) => {
			if (this.#head !== undefined) {
				resolve(this.#head);
			} else if (this.#error !== undefined) {
				reject(this.#error);
			} else {
				this.#resolveHead = resolve;
				this.#rejectHead = reject;
			}
		});
	}

	/** Whether the whole body has been received. */
	get isWhole(): boolean {
		return this.bodyMs !== undefined;
	}

	/** Whether the whole body has been received and read. */
	get isConsumed(): boolean {
		return this.isWhole && this.#queue.bytes === 0;
	}

	/**
	 * @param atLeastBytes - Waits for this much, or the end: a few large writes are cheaper than many.
	 * @returns The chunks received so far, at least one; `undefined` after the last.
	 * @throws The error that cut the body short, after all received chunks have been read.
	 */
	async read(atLeastBytes = 1): Promise<Buffer[] | undefined> {
		for (;;) {
			const ended = this.isWhole || this.#error !== undefined;
			if (this.#queue.bytes >= (ended ? 1 : atLeastBytes)) {
				return this.take();
			}
			this.#wantedBytes = atLeastBytes;
			if (this.#error !== undefined) {
				throw this.#error;
			}
			if (this.isWhole) {
				return undefined;
			}
			await this.#nextChange();
		}
	}

	/** Returns the received chunks that have not been read. */
	take(): Buffer[] {
		const chunks = this.#queue.takeAll();
		this.#unpause();
		return chunks;
	}

	/** Aborts the exchange and closes its connection; no effect once it has ended. */
	abort(reason: Error): void {
		if (this.isWhole || this.#error !== undefined) {
			return;
		}
		this.#fail(reason);
		this.#abort?.(reason);
	}

	/** Whether this error ended the exchange, as opposed to one thrown by its reader. */
	failedWith(error: Error): boolean {
		return this.#error === error;
	}

	/** Whether the connection was reused and has delivered no byte of a response. */
	get diedUnanswered(): boolean {
		return this.reused && this.receivedBytes === 0;
	}

	/** Bytes received on the connection since the request was written, header and framing included. */
	get receivedBytes(): number {
		return (this.connection?.bytesRead() ?? 0) - this.#bytesReadBefore;
	}

	/** Whether a slow reader has paused the socket since the last call. */
	takeWasPaused(): boolean {
		const was = this.#wasPaused;
		this.#wasPaused = this.#paused;
		return was;
	}

	/**
	 * Called when the server has closed its side. Resumes, so that undici delivers what it holds back
	 * before it handles the end.
	 *
	 * @param reset - Set unless the connection was closed in an orderly way.
	 */
	onInputEnd(reset: Error | undefined): void {
		this.#inputEnded = true;
		this.#unpause();
		if (reset !== undefined && !this.isWhole && this.#error === undefined) {
			this.#fail(reset);
		}
	}

	/** Called just before the request is written. */
	onConnect(abort: (reason?: Error) => void): void {
		this.#abort = abort;
		if (this.#error !== undefined) {
			abort(this.#error);
			return;
		}
		this.timesSent += 1;
		this.connection = this.#client.connection;
		if (this.connection === undefined) {
			return;
		}
		this.connection.exchange = this;
		this.reused = this.connection.requests > 0;
		this.connection.requests += 1;
		this.#bytesReadBefore = this.connection.bytesRead();
	}

	onHeaders(status: number, raw: readonly Buffer[], resume: () => void): boolean {
		if (status < 200) {
			this.#interim += 1;
			checkInterim(status, this.#interim);
			return true;
		}
		checkFields(raw);
		this.headersMs = nowMs();
		this.#resume = resume;
		this.#head = { status, fields: new HeaderFields(raw) };
		this.#resolveHead?.(this.#head);
		return true;
	}

	onData(chunk: Buffer): boolean {
		this.bytes += chunk.length;
		this.#queue.push(chunk);
		this.#paused = !this.#inputEnded && this.#queue.bytes > this.#owner.queueBytes;
		this.#wasPaused ||= this.#paused;
		if (this.#queue.bytes >= this.#wantedBytes) {
			this.#notify();
		}
		return !this.#paused;
	}

	/** @param trailers - Raw like other fields, contrary to undici's types. */
	onComplete(trailers: readonly unknown[] | null): void {
		if (trailers !== null && trailers.length > 0) {
			checkFields(trailers as readonly Buffer[]);
		}
		// undici may take a reset connection for the end of the content.
		if (this.#error === undefined) {
			this.bodyMs = nowMs();
			this.#owner.onEnd(this);
			this.#notify();
		}
		this.#owner.onFree(this.#client);
	}

	onError(error: Error): void {
		if (this.#error === undefined) {
			this.#fail(this.connection?.error ?? error);
		}
		this.#owner.onFree(this.#client);
	}

	#unpause(): void {
		if (this.#paused) {
			this.#paused = false;
			this.#resume?.();
		}
	}

	#fail(error: Error): void {
		this.#error = error;
		this.#owner.onEnd(this);
		this.#rejectHead?.(error);
		this.#notify();
	}

	#nextChange(): Promise<void> {
		return new Promise((resolve) => {
			this.#wake = resolve;
		});
	}

	#notify(): void {
		const wake = this.#wake;
		this.#wake = undefined;
		wake?.();
	}
}

/** The client that started the exchange. */
export interface ExchangeOwner {
	/** The socket is paused while more than this is queued. */
	readonly queueBytes: number;
	/** Called when the exchange has completed or failed. */
	onEnd(exchange: Exchange): void;
	/** Called when undici is done with it too, possibly well after an abort: the client is free again. */
	onFree(client: TrackedClient): void;
}
