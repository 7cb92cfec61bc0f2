import { Option } from 'commander';

/** An option whose values add up. It has no default, `[]`: help would show it. */
export function repeated(
	flags: string,
	description: string,
	parse: (text: string) => string = (text) => text,
): Option {
	return new Option(flags, `${description} (repeatable)`).argParser(
		(value: string, before: readonly string[] | undefined) => [...(before ?? []), parse(value)],
	);
}

/** Whether its values add up: its help says so. */
export function isRepeatable({ description }: Pick<Option, 'description'>): boolean {
	return description.includes('(repeatable)');
}
