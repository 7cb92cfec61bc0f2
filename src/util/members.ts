/** Requires every member of `T` to be named; optional ones may be undefined. */
export type AllMembers<T> = { readonly [K in keyof Required<T>]: T[K] };

/** Omits members that are undefined. */
export function present<T extends object>(members: T): Present<T> {
	return Object.fromEntries(
		Object.entries(members).filter(([, value]) => value !== undefined),
	) as Present<T>;
}

/** `Map.groupBy`, which Node 20 does not have. */
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

/** Inserts into a list sorted by key, after equal keys. */
export function insertSorted<T>(sorted: T[], item: T, key: (item: T) => number): void {
	let [from, to] = [0, sorted.length];
	while (from < to) {
		const middle = (from + to) >> 1;
		if (key(sorted[middle] as T) <= key(item)) {
			from = middle + 1;
		} else {
			to = middle;
		}
	}
	sorted.splice(from, 0, item);
}

type Present<T> = {
	[K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/**
 * For a function that builds a value. Optional members are assigned rather than spread into a literal, which
 * costs a microsecond each in V8's runtime.
 */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Makes all members read-only, recursively. */
export type DeepReadonly<T> = T extends object
	? { readonly [K in keyof T]: DeepReadonly<T[K]> }
	: T;
