import { setTimeout as sleep } from 'node:timers/promises';
import type { DownloadContext } from './context.ts';
import { DownloadError, isPressure, isRetryable, PartRefused } from './errors.ts';
import { backOffMs, jitter, RETRY_AFTER_MAX_MS } from './origin/limiter.ts';
import { nowMs } from './outcome.ts';
import type { HttpRequest } from './request.ts';

/** How long a process that is out of file descriptors waits for one of its own to be closed. */
const PRESSURE_MS = 50;

/** How long it waits while this thread writes nothing at all. */
const HOPELESS_MS = 5000;

/**
 * Decides what follows a failed try of one document.
 *
 * Waiting holds no slot, and no thread (*Fluent Python*, 18.1: `asyncio.sleep`, not `time.sleep`). What the server asks for with `Retry-After` is waited in the limiter, with
 * all requests to the same origin.
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

	/** More of the file is there than before: `--retry-max-time` counts anew. */
	restartTime(): void {
		this.#startMs = performance.now();
	}

	/**
	 * Waits until the next try is due.
	 *
	 * @throws {DownloadError} If the failure is final, or retries are used up.
	 * @throws The reason of the signal, when it is aborted; any error that is a bug.
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
		if (isPressure(error.code) && leftMs > PRESSURE_MS) {
			refuseHopeless(error, this.#context);
			this.#context.slots.reduceLimit();
			await sleep(PRESSURE_MS, undefined, { signal });
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

/** Nothing that this thread has open will be closed: waiting any longer would be in vain. */
function refuseHopeless(error: DownloadError, { parts }: DownloadContext): void {
	if (nowMs() - parts.lastWriteMs < HOPELESS_MS) {
		return;
	}
	const seconds = HOPELESS_MS / 1000;
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
