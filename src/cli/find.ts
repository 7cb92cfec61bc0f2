import { FinderError } from '../finder/finder-error.ts';
import { CannotRunError } from '../util/errors.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { FindFlags } from './find-command.ts';
import { printFound } from './find-output.ts';
import { queryOf } from './find-query.ts';
import { openSearch } from './find-search.ts';
import type { Io } from './io.ts';

/**
 * @returns 1 where nothing matches, which is grep's habit.
 * @throws {UsageError} When the words or the server cannot be asked so.
 * @throws {CannotRunError} When the server cannot be reached, or does not answer.
 * @throws {Interrupted}
 */
export async function find(words: readonly string[], flags: FindFlags, io: Io): Promise<ExitCode> {
	const query = queryOf(words);

	try {
		const count = await searchAndPrint(query, flags, io);
		if (count === 0) {
			io.stderr.write(`No match for '${query}'\n`);
		} else if (io.stderr.isTTY === true) {
			io.stderr.write(`${count} ${count === 1 ? 'match' : 'matches'} for '${query}'\n`);
		}
		return count > 0 ? EXIT.ok : EXIT.incomplete;
	} catch (error) {
		throw error instanceof FinderError
			? new CannotRunError(error.message, { cause: error })
			: error;
	}
}

async function searchAndPrint(query: string, flags: FindFlags, io: Io): Promise<number> {
	const search = await openSearch(flags);
	try {
		return await printFound(search.ask(query, io.interrupted), flags.codes === true, io);
	} finally {
		await search.close();
	}
}
