import type { Command } from 'commander';

export interface FindFlags {
	readonly server?: string;
	readonly tcp?: boolean;
	readonly codes?: boolean;
}

const EXAMPLES = `
A word matches the start of a word of a country's name, its capital or a code.

Examples:
  flagdl find island                            where a word starts with island
  flagdl find island --codes | flagdl get -i -  and download their flags
  flagdl find sao tome --server http://127.0.0.1:8000
  flagdl find cape --tcp --server 127.0.0.1:2323

Exit codes: 0 found, 1 nothing matches, 2 usage, 4 the server cannot be reached,
129, 130 and 143 interrupted.`;

export function addFindCommand(
	program: Command,
	run: (words: readonly string[], flags: FindFlags) => Promise<void>,
): void {
	program
		.command('find')
		.summary('search countries by name, capital or code')
		.description('Search countries by name, capital or code, and print them as they arrive.')
		.argument('<words...>', 'words to search for; case and accents are ignored')
		.option(
			'-s, --server <url>',
			'server to query; <host:port> with --tcp (default: one started for this search)',
		)
		.option('--tcp', 'search over the TCP line protocol (serve --finder-port), not HTTP')
		.option('--codes', 'print country codes only, one per line')
		.addHelpText('after', EXAMPLES)
		.action(run);
}
