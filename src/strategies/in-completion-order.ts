/**
 * Works on items as they are needed and yields each result when it is there, whatever order the
 * items came in.
 *
 * At most `limit` items are open at once, so a source of a million lines, or an endless one, is
 * never held in memory. Linear in the number of items: `Promise.race` over those that are open,
 * once for each result, would be quadratic.
 *
 * When the consumer stops early, or something throws, the source is closed and what is open is
 * awaited: the caller ends it by its own means before (see `onStop`).
 *
 * *Fluent Python*, 18.4: `as_completed`; each item is begun at once, as by `create_task`.
 *
 * @param onStop - Called once when nothing more is wanted of what is still open.
 * @throws What the source or `work` throws.
 */
export async function* inCompletionOrder<T, R>(
	source: AsyncIterable<T> | Iterable<T>,
	limit: number,
	work: (item: T) => Promise<R>,
	onStop: () => void,
): AsyncGenerator<R, void, undefined> {
	const iterator = iterate(source);
	const open = new Set<Promise<void>>();
	const results: R[] = [];
	const failures: unknown[] = [];
	let wake = () => {};
	const state = { exhausted: false };
	let pulling: Promise<void> | undefined;

	const pull = async () => {
		while (!state.exhausted && open.size < limit && failures.length === 0) {
			const next = await iterator.next();
			if (next.done === true) {
				state.exhausted = true;
			} else {
				begin(next.value);
			}
		}
	};
	const begin = (item: T) => {
		const task = work(item)
			.then((result) => results.push(result), keep)
			.then(() => {
				open.delete(task);
				wake();
			});
		open.add(task);
	};
	const keep = (error: unknown) => failures.push(error);
	const refill = () => {
		if (state.exhausted || open.size >= limit) {
			return;
		}
		pulling ??= pull()
			.catch(keep)
			.then(() => {
				pulling = undefined;
				wake();
			});
	};

	try {
		for (;;) {
			refill();
			while (results.length > 0) {
				for (const result of results.splice(0)) {
					yield result;
				}
			}
			if (failures.length > 0) {
				throw failures[0];
			}
			if (state.exhausted && open.size === 0) {
				return;
			}
			// Again: while the consumer had its turn, items may have ended.
			refill();
			await new Promise<void>((resolve) => {
				wake = resolve;
			});
		}
	} finally {
		onStop();
		state.exhausted = true;
		// A busy source cannot be closed before it answers; its end is not awaited.
		const closed = Promise.resolve(iterator.return?.());
		if (pulling === undefined) {
			await closed;
		} else {
			closed.catch(() => {});
		}
		await Promise.all(open);
	}
}

function iterate<T>(
	source: AsyncIterable<T> | Iterable<T>,
): AsyncIterator<T, unknown> | Iterator<T, unknown> {
	return Symbol.asyncIterator in source
		? source[Symbol.asyncIterator]()
		: source[Symbol.iterator]();
}
