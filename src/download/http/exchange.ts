import type { Dispatcher } from 'undici';
import type { Connection, TrackedClient } from '../connection/connection-pool.ts';
import { nowMs } from '../outcome.ts';
import { ChunkQueue } from './chunk-queue.ts';
import { checkFields, HeaderFields } from './header-fields.ts';
import { checkInterim } from './interim-response.ts';

export interface ResponseHead {
	readonly status: number;
	readonly fields: HeaderFields;
}

/**
 * One HTTP request and its answer, as a handler of undici's `dispatch`.
 * *Fluent Python*, 18.5: from callbacks to what can be awaited.
 *
 * The body is pulled with `read`; the socket is paused while too much of it waits. After the last
 * chunk, or an error, everything is settled: an exchange needs no closing.
 *
 * It has the callbacks that undici 7 calls itself (`onHeaders` and so on). Those of the newer names
 * are wrapped, and get an object of all header fields: 16 µs a file, of which it uses a few fields.
 */
export class Exchange implements Dispatcher.DispatchHandler {
	/** Host of the proxy that answers in the place of the origin, if one does. */
	readonly proxy: string | undefined;
	/** When it was sent to undici. */
	readonly startMs: number = nowMs();
	connection: Connection | undefined;
	reused = false;
	/** How often it was written to a socket: not at all if no connection came about. */
	timesSent = 0;
	headersMs: number | undefined;
	bodyMs: number | undefined;
	/** Bytes of the body received. */
	bytes = 0;

	#bytesReadBefore = 0;
	#head: ResponseHead | undefined;
	#onHead: ((head: ResponseHead) => void) | undefined;
	#onNoHead: ((error: Error) => void) | undefined;
	readonly #queue = new ChunkQueue();
	/** The reader is woken when so much is there. */
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

	/** @throws What ended the exchange before there was an answer. */
	head(): Promise<ResponseHead> {
		return new Promise((resolve, reject) => {
			if (this.#head !== undefined) {
				resolve(this.#head);
			} else if (this.#error !== undefined) {
				reject(this.#error);
			} else {
				this.#onHead = resolve;
				this.#onNoHead = reject;
			}
		});
	}

	/** Whether the last byte has arrived. */
	get isWhole(): boolean {
		return this.bodyMs !== undefined;
	}

	/** Whether it is whole, and all of it was taken. */
	get isConsumed(): boolean {
		return this.isWhole && this.#queue.bytes === 0;
	}

	/**
	 * @param atLeastBytes - Waits for so much, or the end: few large writes cost less than many.
	 * @returns What has arrived of the body, at least one chunk; `undefined` after the last.
	 * @throws What cut the body short, after all chunks that arrived.
	 */
	async read(atLeastBytes = 1): Promise<Buffer[] | undefined> {
		for (;;) {
			const over = this.isWhole || this.#error !== undefined;
			if (this.#queue.bytes >= (over ? 1 : atLeastBytes)) {
				return this.take();
			}
			this.#wantedBytes = atLeastBytes;
			if (this.#error !== undefined) {
				throw this.#error;
			}
			if (this.isWhole) {
				return undefined;
			}
			await this.#change();
		}
	}

	/** What has arrived and was not taken yet. */
	take(): Buffer[] {
		const chunks = this.#queue.takeAll();
		this.#unpause();
		return chunks;
	}

	/** Ends the exchange and its connection; no effect on one that has ended. */
	abort(reason: Error): void {
		if (this.isWhole || this.#error !== undefined) {
			return;
		}
		this.#fail(reason);
		this.#abort?.(reason);
	}

	/** Whether this error is what ended the exchange, and not one of its reader. */
	failedWith(error: Error): boolean {
		return this.#error === error;
	}

	/** Whether a connection that had been idle was closed before a single byte of the answer. */
	get diedUnanswered(): boolean {
		return this.reused && this.receivedBytes === 0;
	}

	/** Received on its connection since the request was written: header, framing and all. */
	get receivedBytes(): number {
		return (this.connection?.bytesRead() ?? 0) - this.#bytesReadBefore;
	}

	/** Whether the socket was paused at any time since the last call: then the reader was slow. */
	takeWasPaused(): boolean {
		const was = this.#wasPaused;
		this.#wasPaused = this.#paused;
		return was;
	}

	/**
	 * The server has closed its side: what undici holds back is taken before it looks for the end.
	 *
	 * @param reset - If it was no orderly end.
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
		this.#onHead?.(this.#head);
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

	/** @param trailers - As raw as other fields, whatever the types of undici say. */
	onComplete(trailers: readonly unknown[] | null): void {
		if (trailers !== null && trailers.length > 0) {
			checkFields(trailers as readonly Buffer[]);
		}
		// For undici the end of a connection that was reset may be that of the content.
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
		this.#onNoHead?.(error);
		this.#notify();
	}

	#change(): Promise<void> {
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

/** The client that has begun the exchange. */
export interface ExchangeOwner {
	/** Beyond this a body waits in the socket until what is queued is read. */
	readonly queueBytes: number;
	/** It is over for its reader. */
	onEnd(exchange: Exchange): void;
	/** It is over for undici, too, which an abort need not be at once: the next request may go out. */
	onFree(client: TrackedClient): void;
}
