/**
 * What a function that makes a value may write. Members that may be absent are assigned: spreading
 * them into a literal takes V8 through its runtime, a microsecond each.
 */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The same data, to be read, all the way down. */
export type DeepReadonly<T> = T extends object
	? { readonly [K in keyof T]: DeepReadonly<T[K]> }
	: T;
