/** A promise with its resolver: `Promise.withResolvers` is not in Node 20. */
export interface Deferred<T> {
	readonly promise: Promise<T>;
	resolve(value: T): void;
}

export function deferred<T>(): Deferred<T> {
	let resolve: (value: T) => void = () => {};
	const promise = new Promise<T>((settle) => {
		resolve = settle;
	});
	return { promise, resolve };
}
