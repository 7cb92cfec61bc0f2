import { connect, type Socket } from 'node:net';
import { FinderError, unreachable } from './finder-error.ts';
import type { FoundCountries } from './found-country.ts';
import { readAnswer } from './read-answer.ts';
import { FINDER_LIMITS, type FinderLimits, SearchBounds } from './search-bounds.ts';

export interface TcpAddress {
	readonly host: string;
	readonly port: number;
}

/**
 * Asks one query by the line protocol, and yields the matches as they arrive.
 *
 * @param query - Not blank, and without control characters: the protocol has no way to escape them.
 * @throws {FinderError} When the server is not reached, or does not answer by the protocol.
 * @throws The signal's reason, once it is aborted.
 */
export async function* findOverTcp(
	address: TcpAddress,
	query: string,
	signal: AbortSignal,
	limits: FinderLimits = FINDER_LIMITS,
): FoundCountries {
	signal.throwIfAborted();
	const name = address.host.includes(':')
		? `[${address.host}]:${address.port}`
		: `${address.host}:${address.port}`;
	const socket = connect(address);
	// Not the option of `connect`: its listener outlives the socket.
	const abort = () => socket.destroy(signal.reason as Error);
	signal.addEventListener('abort', abort, { once: true });
	const bounds = new SearchBounds(name, limits);

	try {
		watchForSilence(socket, limits);
		socket.setEncoding('utf8');
		socket.write(`${query}\n`);
		for await (const countries of readAnswer(withinBounds(socket, bounds), name)) {
			bounds.count(countries.length);
			yield countries;
		}
	} catch (error) {
		signal.throwIfAborted();
		throw error instanceof FinderError ? error : unreachable(name, error);
	} finally {
		signal.removeEventListener('abort', abort);
		socket.destroy();
	}
}

function watchForSilence(socket: Socket, { connectTimeoutMs, stallTimeMs }: FinderLimits): void {
	socket.once('connect', () => socket.setTimeout(stallTimeMs));
	socket.setTimeout(connectTimeoutMs, () => {
		const what = socket.connecting ? 'no connection' : 'no answer';
		socket.destroy(new Error(`${what} in time`));
	});
}

async function* withinBounds(socket: Socket, bounds: SearchBounds): AsyncGenerator<string> {
	const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<string>;
	for (;;) {
		const next = await bounds.wait(chunks.next(), (error) => socket.destroy(error));
		if (next.done === true) {
			return;
		}
		yield next.value;
	}
}
