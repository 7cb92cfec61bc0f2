import type { Command, Option } from 'commander';
import { UsageError } from '../../util/errors.ts';
import { explainInput } from '../../util/suggest.ts';

const ALLOWED: Readonly<Record<string, string>> = {
	dir: 'a directory; . is the working directory',
	file: 'the name of a file',
	template: 'a template such as {basename}',
};

/**
 * A shell makes an empty value of a variable that is not set, and an empty path is the working directory.
 *
 * @throws {UsageError} If an option on the command line has no path where it needs one.
 */
export function refuseEmptyValues(command: Command): void {
	for (const option of command.options) {
		const value: unknown = command.getOptionValue(option.attributeName());
		const problem = emptyProblem(option, value);
		if (problem !== undefined) {
			throw new UsageError(`${option.long}: ${problem}`);
		}
	}
}

/** What is wrong with an empty value of this option. */
export function emptyProblem({ flags }: Option, value: unknown): string | undefined {
	const allowed = ALLOWED[/[<[](\w+)[\]>]$/.exec(flags)?.[1] ?? ''];
	const isEmpty = value === '' || (Array.isArray(value) && value.includes(''));
	return isEmpty && allowed !== undefined ? explainInput('""', allowed) : undefined;
}
