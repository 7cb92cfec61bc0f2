/** What needs no quotes in a shell. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * A command line that does the same again.
 *
 * @param seed - Where it was not given: then it is added.
 */
export function commandLine(argv: readonly string[], seed: number | undefined): string {
	const args = seed === undefined ? argv : [...argv, '--seed', String(seed)];
	return ['flagdl', ...args.map(quoted)].join(' ');
}

function quoted(arg: string): string {
	return PLAIN.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
