import { setTimeout as sleep } from 'node:timers/promises';
import { attempt, type Consume, type Request } from './attempt.ts';
import { backOffMs, jitter } from './back-off.ts';
import type { DownloadContext } from './context.ts';
import type { Doing } from './doing.ts';
import { DownloadError } from './download-error.ts';
import { isPressure, isRetryable } from './failures.ts';
import { RETRY_AFTER_MAX_MS } from './gate.ts';

/** How long a process that is out of file descriptors waits for one of its own to be closed. */
const PRESSURE_MS = 50;

/**
 * Asks until there is a good answer, retries are used up, or a failure is final.
 *
 * Waiting holds no slot. What the server asks for with `Retry-After` is waited at the gate, with
 * everybody else who asks the same origin.
 *
 * @param prepare - Makes the request of each attempt: a resume changes its fields.
 * @param onFailure - Told of each failed attempt.
 * @throws {DownloadError} The last failure.
 */
export async function retrying<T>(
	prepare: () => Promise<Prepared<T>>,
	context: DownloadContext,
	onFailure: (error: DownloadError) => void,
): Promise<T> {
	const { retries, retryMaxTimeMs, seed } = context.options;
	const startMs = performance.now();
	let doing: Doing | undefined;
	try {
		for (let retry = 0; ; ) {
			const { request, consume, release } = await prepare();
			doing ??= context.activity?.begin(request.target);
			try {
				return await attempt(request, context, consume, doing).finally(release);
			} catch (error) {
				if (!(error instanceof DownloadError)) throw error;
				request.signal.throwIfAborted();
				onFailure(error);
				const leftMs = retryMaxTimeMs - (performance.now() - startMs);
				if (isPressure(error.code) && leftMs > PRESSURE_MS) {
					context.slots.shrink();
					await sleep(PRESSURE_MS, undefined, { signal: request.signal });
					continue;
				}
				if (!isRetryable(error.code) || retry >= retries) throw error;
				if ((error.retryAfterMs ?? 0) > RETRY_AFTER_MAX_MS) throw rateLimited(error);
				const waitMs =
					error.retryAfterMs ?? backOffMs(retry, jitter(seed, request.url.href, retry));
				if (waitMs > leftMs) throw error;
				if (error.retryAfterMs === undefined) {
					doing?.backsOff(waitMs, error.code);
					await sleep(waitMs, undefined, { signal: request.signal });
				}
				retry += 1;
				request.tally.retries += 1;
			}
		}
	} finally {
		if (doing !== undefined) context.activity?.end(doing);
	}
}

interface Prepared<T> {
	readonly request: Request;
	readonly consume: Consume<T>;
	/** Called after the attempt, whatever came of it. */
	readonly release: () => Promise<void>;
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
