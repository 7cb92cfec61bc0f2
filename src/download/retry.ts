import { setTimeout as sleep } from 'node:timers/promises';
import type { DownloadContext } from './context.ts';
import { DownloadError, isOutOfDescriptors, isRetryable, PartRefused } from './errors.ts';
import { backOffMs, jitter, RETRY_AFTER_MAX_MS } from './origin/limiter.ts';
import { nowMs } from './outcome.ts';
import type { HttpRequest } from './request.ts';

/** Retry delay while the process is out of file descriptors. */
const DESCRIPTOR_RETRY_MS = 50;

/** Give up waiting for file descriptors after this long without a write of this thread. */
const DESCRIPTOR_GIVE_UP_MS = 5000;

/**
 * Decides whether to retry a failed attempt, and when.
 *
 * Waiting holds no slot and no thread (*Fluent Python*, 18.1: `asyncio.sleep`, not `time.sleep`). A
 * `Retry-After` is waited for in the limiter, with all requests to the same origin.
 */
export class RetryPolicy {
	readonly #spec: HttpRequest;
	readonly #context: DownloadContext;
	#startMs = performance.now();
	#retries = 0;

	constructor(spec: HttpRequest, context: DownloadContext) {
		this.#spec = spec;
		this.#context = context;
	}

	/** Restarts `--retry-max-time`, because the kept part has grown. */
	restartTime(): void {
		this.#startMs = performance.now();
	}

	/**
	 * Waits until the next attempt is due.
	 *
	 * @throws {DownloadError} If the failure is final, or the retries are exhausted.
	 * @throws The abort reason of the signal; any error that is a bug.
	 */
	async waitOrThrow(error: unknown): Promise<void> {
		const { signal, hedged } = this.#spec;
		if (!(error instanceof DownloadError)) {
			throw error;
		}
		signal.throwIfAborted();
		if (error instanceof PartRefused) {
			return;
		}
		hedged?.startNext();
		const { retryMaxTimeMs } = this.#context.options;
		const leftMs = retryMaxTimeMs - (performance.now() - this.#startMs);
		if (isOutOfDescriptors(error.code) && leftMs > DESCRIPTOR_RETRY_MS) {
			giveUpIfIdle(error, this.#context);
			this.#context.slots.reduceLimit();
			await sleep(DESCRIPTOR_RETRY_MS, undefined, { signal });
			return;
		}
		await this.#backOff(error, leftMs);
	}

	async #backOff(error: DownloadError, leftMs: number): Promise<void> {
		const { retries, seed } = this.#context.options;
		const { signal, progress, log, url } = this.#spec;
		const { code, retryAfterMs } = error;
		if (!isRetryable(code) || this.#retries >= retries) {
			throw error;
		}
		if ((retryAfterMs ?? 0) > RETRY_AFTER_MAX_MS) {
			throw rateLimited(error);
		}
		const waitMs = retryAfterMs ?? backOffMs(this.#retries, jitter(seed, url.href, this.#retries));
		if (waitMs > leftMs) {
			throw error;
		}
		if (retryAfterMs === undefined) {
			progress?.backsOff(waitMs, code);
			await sleep(waitMs, undefined, { signal });
		}
		this.#retries += 1;
		log.retries += 1;
	}
}

/** Throws if this thread has written nothing for so long that it will not free a file descriptor. */
function giveUpIfIdle(error: DownloadError, { parts }: DownloadContext): void {
	if (nowMs() - parts.lastWriteMs < DESCRIPTOR_GIVE_UP_MS) {
		return;
	}
	const seconds = DESCRIPTOR_GIVE_UP_MS / 1000;
	const message = `no file descriptor was free for ${seconds} s; raise the limit (ulimit -n), or lower --concurrency and --threads`;
	throw new DownloadError(error.target, message, { code: error.code, cause: error });
}

function rateLimited(error: DownloadError): DownloadError {
	const seconds = Math.ceil((error.retryAfterMs ?? 0) / 1000);
	const message = `${error.message}: the server asks to come back in ${seconds} s`;
	return new DownloadError(error.target, message, {
		code: 'rate_limited',
		cause: error,
		...(error.httpStatus !== undefined && { httpStatus: error.httpStatus }),
	});
}
