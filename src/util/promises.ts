/**
 * Waits for work that may never settle, until the signal aborts.
 *
 * @throws {Aborted} If the signal aborts first; otherwise what the work throws. A later rejection of the
 *   work is ignored.
 */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
	let leave = () => {};
	const aborted = new Promise<never>((_, reject) => {
		leave = () => reject(new Aborted('the wait was aborted'));
	});
	if (signal.aborted) {
		leave();
	} else {
		signal.addEventListener('abort', leave, { once: true });
	}
	try {
		return await Promise.race([work, aborted]);
	} finally {
		signal.removeEventListener('abort', leave);
	}
}

export class Aborted extends Error {
	static {
		Object.defineProperty(Aborted.prototype, 'name', { value: 'Aborted' });
	}
}

/** A promise with its resolver: `Promise.withResolvers` is not in Node 20. */
export interface Deferred<T> {
	readonly promise: Promise<T>;
	readonly resolve: (value: T) => void;
}

export function deferred<T>(): Deferred<T> {
	let resolve: (value: T) => void = () => {};
	const promise = new Promise<T>((settle) => {
		resolve = settle;
	});
	return { promise, resolve };
}
