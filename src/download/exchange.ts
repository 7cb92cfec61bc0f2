import type { Dispatcher } from 'undici';
import { type HeaderFields, oneOfEach } from './header-fields.ts';
import { nowMs } from './outcome.ts';

/** Beyond this a body waits in the socket until somebody reads what is queued. */
const QUEUE_BYTES = 1024 * 1024;

/** What is known of the socket that an exchange runs on. */
export interface Connection {
	readonly connectedMs: number;
	/** Requests that were written on it before. */
	requests: number;
	/** Bytes received on it so far. */
	bytesRead(): number;
	destroy(): void;
}

export interface Head {
	readonly status: number;
	readonly headers: HeaderFields;
}

/**
 * One HTTP request and its answer, as a handler of undici's `dispatch`.
 *
 * The body is pulled with `read`; the socket is paused while too much of it waits. After the last
 * chunk, or an error, everything is settled: an exchange needs no closing.
 */
export class Exchange implements Dispatcher.DispatchHandler {
	readonly proxy: string | undefined;
	connection: Connection | undefined;
	reused = false;
	headersMs: number | undefined;
	bodyMs: number | undefined;
	/** Bytes of the body received. */
	bytes = 0;

	#bytesReadBefore = 0;
	#controller: Dispatcher.DispatchController | undefined;
	#head: Head | undefined;
	#chunks: Buffer[] = [];
	#queuedBytes = 0;
	/** The reader is woken when so much is there. */
	#wantedBytes = 1;
	#ended = false;
	#error: Error | undefined;
	#wake: (() => void) | undefined;
	readonly #onEnd: (exchange: Exchange) => void;
	readonly #connectionOf: () => Connection | undefined;

	/** @param proxy - Host of the proxy that answers in the place of the origin, if one does. */
	constructor(
		connectionOf: () => Connection | undefined,
		onEnd: (exchange: Exchange) => void,
		proxy?: string,
	) {
		this.#connectionOf = connectionOf;
		this.#onEnd = onEnd;
		this.proxy = proxy;
	}

	/** @throws What ended the exchange before there was an answer. */
	async head(): Promise<Head> {
		while (this.#head === undefined) {
			if (this.#error !== undefined) throw this.#error;
			await this.#change();
		}
		return this.#head;
	}

	/**
	 * @param atLeastBytes - Waits for so much, or the end: few large writes cost less than many.
	 * @returns What has arrived of the body, at least one chunk; `undefined` after the last.
	 * @throws What cut the body short, after all chunks that arrived.
	 */
	async read(atLeastBytes = 1): Promise<Buffer[] | undefined> {
		for (;;) {
			const over = this.#ended || this.#error !== undefined;
			if (this.#queuedBytes >= (over ? 1 : atLeastBytes)) return this.#take();
			this.#wantedBytes = atLeastBytes;
			if (this.#error !== undefined) throw this.#error;
			if (this.#ended) return undefined;
			await this.#change();
		}
	}

	/** Ends the exchange and its connection; no effect on one that has ended. */
	abort(reason: Error): void {
		if (this.#ended || this.#error !== undefined) return;
		this.#fail(reason);
		this.#controller?.abort(reason);
	}

	/** Whether this error is what ended the exchange, and not one of whoever read it. */
	failedWith(error: Error): boolean {
		return this.#error === error;
	}

	/** Whether a connection that had been idle was closed before a single byte of the answer. */
	get diedUnanswered(): boolean {
		return this.reused && this.connection?.bytesRead() === this.#bytesReadBefore;
	}

	onRequestStart(controller: Dispatcher.DispatchController): void {
		this.#controller = controller;
		if (this.#error !== undefined) {
			controller.abort(this.#error);
			return;
		}
		this.connection = this.#connectionOf();
		if (this.connection === undefined) return;
		this.reused = this.connection.requests > 0;
		this.connection.requests += 1;
		this.#bytesReadBefore = this.connection.bytesRead();
	}

	onResponseStart(
		_controller: Dispatcher.DispatchController,
		status: number,
		headers: Readonly<Record<string, string | string[]>>,
	): void {
		// Informational answers (1xx) come before the one that counts.
		if (status < 200) return;
		this.headersMs = nowMs();
		this.#head = { status, headers: oneOfEach(headers) };
		this.#notify();
	}

	onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
		this.bytes += chunk.length;
		this.#chunks.push(chunk);
		this.#queuedBytes += chunk.length;
		if (this.#queuedBytes > QUEUE_BYTES) controller.pause();
		if (this.#queuedBytes >= this.#wantedBytes) this.#notify();
	}

	onResponseEnd(): void {
		this.bodyMs = nowMs();
		this.#ended = true;
		this.#onEnd(this);
		this.#notify();
	}

	onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
		if (this.#error === undefined) this.#fail(error);
	}

	#take(): Buffer[] {
		const chunks = this.#chunks;
		this.#chunks = [];
		this.#queuedBytes = 0;
		if (this.#controller?.paused === true) this.#controller.resume();
		return chunks;
	}

	#fail(error: Error): void {
		this.#error = error;
		this.#onEnd(this);
		this.#notify();
	}

	async #change(): Promise<void> {
		await new Promise<void>((resolve) => {
			this.#wake = resolve;
		});
	}

	#notify(): void {
		const wake = this.#wake;
		this.#wake = undefined;
		wake?.();
	}
}
