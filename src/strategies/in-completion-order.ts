/**
 * Pulls items on demand, works on them concurrently, and yields the results in completion order.
 *
 * At most `limit` items are open at once, so a source of a million lines, or an endless one, is
 * never held in memory. Linear in the number of items: `Promise.race` over the open ones, once for
 * each result, would be quadratic.
 *
 * When the consumer stops early, or something throws, the source is closed and open items are
 * awaited; `onStop` must cancel them. What a slow source yields later is dropped. After a failure the
 * results of the open items are yielded before it is thrown.
 *
 * *Fluent Python*, 18.4: `as_completed`; each item is started at once, as by `create_task`.
 *
 * @param onStop - Cancels the open items; may be called more than once.
 * @param close - Called and awaited once, when no item is open any more.
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
	const start = (item: T) => {
		// The iteration may have ended while the source was pulled.
		if (!state.isExhausted) {
			state.open += 1;
			work(item).then(onResult, onFailure);
		}
	};
	const pull = async () => {
		state.isPulling = true;
		try {
			while (!state.isExhausted && state.open < limit && failures.length === 0) {
				const next = await iterator.next();
				if (next.done === true) {
					state.isExhausted = true;
				} else {
					start(next.value);
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
				// The results of the open items are still yielded.
				onStop();
				if (state.open === 0) {
					throw failures[0];
				}
			}
			if (state.isExhausted && state.open === 0) {
				return;
			}
			// Again: items may have ended while the consumer ran.
			refill();
			await change();
		}
	} finally {
		onStop();
		state.isExhausted = true;
		// A source with a pending `next` closes only after it settles, so do not wait for it.
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

/** An event with one waiter: `change` resolves on the next `notify`. */
function createSignal(): { readonly change: () => Promise<void>; readonly notify: () => void } {
	let wake: (() => void) | undefined;
	return {
		change: () =>
			new Promise((resolve) => {
				wake = resolve;
			}),
		// Once only: resolving a promise again invokes Node's rejection handler, which takes 1 µs.
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
