/**
 * What a function that makes a value may write. Members that may be absent are assigned: spreading
 * them into a literal takes V8 through its runtime, a microsecond each.
 */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
