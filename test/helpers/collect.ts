/** All values of an async iterable. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
	const items: T[] = [];
	for await (const item of source) {
		items.push(item);
	}
	return items;
}
