/** Every member of `T` has to be named; one that may be absent may be undefined. */
export type AllMembers<T> = { readonly [K in keyof Required<T>]: T[K] };

/** Leaves out the members that are undefined. */
export function present<T extends object>(members: T): Present<T> {
	return Object.fromEntries(
		Object.entries(members).filter(([, value]) => value !== undefined),
	) as Present<T>;
}

type Present<T> = {
	[K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };
