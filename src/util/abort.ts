/**
 * Waits for work whose answer may never come, but no longer than anybody wants it.
 *
 * @throws {Aborted} Where the signal was first; and what the work throws. What it does later, nobody
 *   hears of.
 */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
	let leave = () => {};
	const aborted = new Promise<never>((_, reject) => {
		leave = () => reject(new Aborted('nobody waits any more'));
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
