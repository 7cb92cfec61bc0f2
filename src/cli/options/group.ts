import type { Option } from 'commander';

/** Declarations of options by the names of their values; functions, as a command changes its options. */
export type Declared<Name extends string> = Readonly<Record<Name, () => Option>>;

/** Puts options under one heading of the help. */
export function group<Name extends string>(
	heading: string,
	options: Declared<Name>,
): Declared<Name> {
	const named = Object.entries<() => Option>(options).map(([name, option]) => [
		name,
		() => option().helpGroup(heading),
	]);
	return Object.fromEntries(named) as Declared<Name>;
}
