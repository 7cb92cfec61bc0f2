import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

/** The longest delay of `setTimeout`: 2^31 - 1. */
const TIMEOUT_MAX_MS = 2_147_483_647;

/**
 * Calls back when `performance.now()` has reached `dueMs`, never before: `setTimeout` alone may be a
 * millisecond early.
 *
 * @returns A function that cancels it.
 */
export function callAt(dueMs: number, callback: () => void): () => void {
	let timer: NodeJS.Timeout | undefined;
	const check = () => {
		const leftMs = dueMs - performance.now();
		if (leftMs <= 0) {
			callback();
		} else {
			timer = setTimeout(check, Math.min(Math.ceil(leftMs), TIMEOUT_MAX_MS));
		}
	};
	check();
	return () => clearTimeout(timer);
}

/**
 * Resolves when `performance.now()` has reached `dueMs`, or at once when the signal is aborted.
 * Never rejects: callers check the signal.
 */
export async function waitUntil(dueMs: number, signal: AbortSignal): Promise<void> {
	while (!signal.aborted && performance.now() < dueMs) {
		const leftMs = Math.min(Math.ceil(dueMs - performance.now()), TIMEOUT_MAX_MS);
		await sleep(leftMs, undefined, { signal }).catch(() => {});
	}
}

/**
 * Lets the event loop process what is still in the kernel's buffers: it accepts connections in one turn
 * and reads from them in the next.
 */
export async function processPendingIo(): Promise<void> {
	for (let turn = 0; turn < 3; turn += 1) {
		await setImmediate();
	}
}
