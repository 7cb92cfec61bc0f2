/**
 * Works on items as they are needed and yields each result when it is there, whatever order the
 * items came in.
 *
 * At most `limit` items are open at once, so a source of a million lines, or an endless one, is
 * never held in memory. Linear in the number of items: `Promise.race` over those that are open,
 * once for each result, would be quadratic.
 *
 * When the consumer stops early, or something throws, the source is closed and what is open is
 * awaited: the caller ends it by its own means before (see `onStop`). How it ended is told before what was
 * thrown.
 *
 * *Fluent Python*, 18.4: `as_completed`; each item is begun at once, as by `create_task`.
 *
 * @param onStop - Called when nothing more is wanted of what is still open, perhaps again.
 * @param close - Called once when nothing is open any more, and awaited.
 * @throws What the source or `work` throws.
 */
export async function* inCompletionOrder<T, R>(
	source: AsyncIterable<T> | Iterable<T>,
	limit: number,
	work: (item: T) => Promise<R>,
	onStop: () => void,
	close?: () => Promise<void>,
): AsyncGenerator<R, void, undefined> {
	const iterator = iterate(source);
	const results: R[] = [];
	const failures: unknown[] = [];
	const state = { open: 0, isExhausted: false, isPulling: false };
	const { change, notify } = createSignal();
	const onResult = (result: R) => {
		results.push(result);
		state.open -= 1;
		notify();
	};
	const onFailure = (error: unknown) => {
		failures.push(error);
		state.open -= 1;
		notify();
	};
	const pull = async () => {
		state.isPulling = true;
		try {
			while (!state.isExhausted && state.open < limit && failures.length === 0) {
				const next = await iterator.next();
				if (next.done === true) {
					state.isExhausted = true;
				} else {
					state.open += 1;
					work(next.value).then(onResult, onFailure);
				}
			}
		} catch (error) {
			failures.push(error);
		}
		state.isPulling = false;
		notify();
	};
	const refill = () => {
		if (!state.isPulling && !state.isExhausted && state.open < limit) {
			void pull();
		}
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
				// What is open ends then, and is still told.
				onStop();
				if (state.open === 0) {
					throw failures[0];
				}
			}
			if (state.isExhausted && state.open === 0) {
				return;
			}
			// Again: while the consumer had its turn, items may have ended.
			refill();
			await change();
		}
	} finally {
		onStop();
		state.isExhausted = true;
		// A busy source cannot be closed before it answers; its end is not awaited.
		const closed = Promise.resolve(iterator.return?.());
		if (state.isPulling) {
			closed.catch(() => {});
		} else {
			await closed;
		}
		while (state.open > 0) {
			await change();
		}
		await close?.();
	}
}

/** One waits for a change, others tell of it. */
function createSignal(): { readonly change: () => Promise<void>; readonly notify: () => void } {
	let wake: (() => void) | undefined;
	return {
		change: () =>
			new Promise((resolve) => {
				wake = resolve;
			}),
		// Once each: resolving a promise again goes through Node's handler of rejections, 1 µs.
		notify: () => {
			wake?.();
			wake = undefined;
		},
	};
}

function iterate<T>(
	source: AsyncIterable<T> | Iterable<T>,
): AsyncIterator<T, unknown> | Iterator<T, unknown> {
	return Symbol.asyncIterator in source
		? source[Symbol.asyncIterator]()
		: source[Symbol.iterator]();
}
