import { FinderError } from '../finder/finder-error.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { FindFlags } from './find-command.ts';
import { printFound } from './find-output.ts';
import { queryOf } from './find-query.ts';
import { openSearch } from './find-search.ts';
import { Interrupted, type Io } from './io.ts';

/**
 * @returns 1 where nothing matches, which is grep's habit; 4 where the server cannot be reached.
 * @throws {UsageError} When the words or the server cannot be asked so.
 */
export async function find(words: readonly string[], flags: FindFlags, io: Io): Promise<ExitCode> {
	const query = queryOf(words);
	const { interrupted, stderr } = io;

	try {
		const search = await openSearch(flags);
		try {
			const count = await printFound(search.ask(query, interrupted), flags.codes === true, io);
			report(count, query);
			return count > 0 ? EXIT.ok : EXIT.incomplete;
		} finally {
			await search.close();
		}
	} catch (error) {
		if (error instanceof Interrupted) {
			return error.signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
		}
		if (!(error instanceof FinderError)) {
			throw error;
		}
		stderr.write(`flagdl find: ${error.message}\n`);
		return EXIT.cannotRun;
	}

	function report(count: number, query: string): void {
		if (count === 0) {
			stderr.write(`No match for '${query}'\n`);
		} else if (stderr.isTTY) {
			stderr.write(`${count} ${count === 1 ? 'match' : 'matches'} for '${query}'\n`);
		}
	}
}
