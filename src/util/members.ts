/** Every member of `T` has to be named; one that may be absent may be undefined. */
export type AllMembers<T> = { readonly [K in keyof Required<T>]: T[K] };

/** Leaves out the members that are undefined. */
export function present<T extends object>(members: T): Present<T> {
	return Object.fromEntries(
		Object.entries(members).filter(([, value]) => value !== undefined),
	) as Present<T>;
}

/** Items by their keys, both in the order of their first: `Map.groupBy` is not in Node 20. */
export function groupBy<Item, Key>(
	items: Iterable<Item>,
	keyOf: (item: Item) => Key,
): ReadonlyMap<Key, readonly Item[]> {
	const groups = new Map<Key, Item[]>();
	for (const item of items) {
		const key = keyOf(item);
		const group = groups.get(key);
		if (group === undefined) {
			groups.set(key, [item]);
		} else {
			group.push(item);
		}
	}
	return groups;
}

type Present<T> = {
	[K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/**
 * What a function that makes a value may write. Members that may be absent are assigned: spreading
 * them into a literal takes V8 through its runtime, a microsecond each.
 */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The same data, to be read, all the way down. */
export type DeepReadonly<T> = T extends object
	? { readonly [K in keyof T]: DeepReadonly<T[K]> }
	: T;
