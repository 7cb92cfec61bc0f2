import { FinderError } from '../finder/finder-error.ts';
import type { FoundCountries } from '../finder/found-country.ts';
import type { FindFlags } from './find-command.ts';
import { parseHttpServer, parseTcpServer } from './find-server.ts';

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
export async function openSearch({ server, tcp }: FindFlags): Promise<Search> {
	const named = server === 'LOCAL' ? undefined : server;
	return await (tcp === true ? openTcp(named) : openHttp(named));
}

async function openHttp(server: string | undefined): Promise<Search> {
	const named = server === undefined ? undefined : parseHttpServer(server);
	const { findOverHttp } = await import('../finder/find-over-http.ts');
	if (named !== undefined) {
		return { ask: (query, signal) => findOverHttp(named, query, signal), close: async () => {} };
	}

	const { startServerInThread } = await import('../server/start-in-thread.ts');
	const started = await startServerInThread().catch(cannotStart);
	return {
		ask: (query, signal) => findOverHttp(new URL(started.url), query, signal),
		close: () => started.stop(),
	};
}

async function openTcp(server: string | undefined): Promise<Search> {
	const named = server === undefined ? undefined : parseTcpServer(server);
	const { findOverTcp } = await import('../finder/find-over-tcp.ts');
	if (named !== undefined) {
		return { ask: (query, signal) => findOverTcp(named, query, signal), close: async () => {} };
	}

	const { startFinder } = await import('../server/finder/start-finder.ts');
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
