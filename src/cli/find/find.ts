import type { FoundCountries } from '../../finder/country.ts';
import { FinderError } from '../../finder/finder-error.ts';
import { CannotRunError } from '../../util/errors.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Io } from '../io.ts';
import { parseHttpServer, parseTcpServer, queryOf } from './arguments.ts';
import { printFound } from './output.ts';

/** Options of `flagdl find`, as written on the command line. */
export interface FindFlags {
	readonly server?: string;
	readonly tcp?: boolean;
	readonly codes?: boolean;
}

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

/** A server that is there to be asked, and how to ask it. */
export interface Search {
	readonly ask: (query: string, signal: AbortSignal) => FoundCountries;
	/** Stops what was started for the search. */
	readonly close: () => Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/**
 * Starts the bundled server where `flags` name none.
 *
 * @throws {UsageError} When the server is none.
 * @throws {FinderError} When the bundled one does not start.
 */
async function openSearch({ server, tcp }: FindFlags): Promise<Search> {
	const named = server === 'LOCAL' ? undefined : server;
	return await (tcp === true ? openTcp(named) : openHttp(named));
}

async function openHttp(server: string | undefined): Promise<Search> {
	const named = server === undefined ? undefined : parseHttpServer(server);
	const { findOverHttp } = await import('../../finder/find-over-http.ts');
	if (named !== undefined) {
		return { ask: (query, signal) => findOverHttp(named, query, signal), close: async () => {} };
	}

	const { startServerInThread } = await import('../../server/start-in-thread.ts');
	const started = await startServerInThread().catch(cannotStart);
	return {
		ask: (query, signal) => findOverHttp(new URL(started.url), query, signal),
		close: () => started.stop(),
	};
}

async function openTcp(server: string | undefined): Promise<Search> {
	const named = server === undefined ? undefined : parseTcpServer(server);
	const { findOverTcp } = await import('../../finder/find-over-tcp.ts');
	if (named !== undefined) {
		return { ask: (query, signal) => findOverTcp(named, query, signal), close: async () => {} };
	}

	const { startFinder } = await import('../../server/finder/start-finder.ts');
	const started = await startFinder({ port: 0, host: LOOPBACK }).catch(cannotStart);
	const address = { host: LOOPBACK, port: started.port };
	return {
		ask: (query, signal) => findOverTcp(address, query, signal),
		close: () => started.close(),
	};
}

function cannotStart(cause: unknown): never {
	const { message } = cause as Error;
	throw new FinderError(`the bundled server does not start: ${message}`, { cause });
}
