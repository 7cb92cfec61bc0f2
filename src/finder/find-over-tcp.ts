import { connect, type Socket } from 'node:net';
import { FinderError, unreachable } from './finder-error.ts';
import { FINDER_TIMEOUTS, type FinderTimeouts, type FoundCountries } from './found-country.ts';
import { readAnswer } from './read-answer.ts';

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
	timeouts: FinderTimeouts = FINDER_TIMEOUTS,
): FoundCountries {
	signal.throwIfAborted();
	const name = address.host.includes(':')
		? `[${address.host}]:${address.port}`
		: `${address.host}:${address.port}`;
	const socket = connect(address);
	// Not the option of `connect`: its listener outlives the socket.
	const abort = () => socket.destroy(signal.reason as Error);
	signal.addEventListener('abort', abort, { once: true });
	const tooLong = setTimeout(() => {
		socket.destroy(
			new Error(`the answer was not complete within ${timeouts.totalTimeMs / 1000} s`),
		);
	}, timeouts.totalTimeMs);

	try {
		watchForSilence(socket, timeouts);
		socket.setEncoding('utf8');
		socket.write(`${query}\n`);
		yield* readAnswer(socket, name);
	} catch (error) {
		signal.throwIfAborted();
		throw error instanceof FinderError ? error : unreachable(name, error);
	} finally {
		clearTimeout(tooLong);
		signal.removeEventListener('abort', abort);
		socket.destroy();
	}
}

function watchForSilence(socket: Socket, { connectTimeoutMs, stallTimeMs }: FinderTimeouts): void {
	socket.once('connect', () => socket.setTimeout(stallTimeMs));
	socket.setTimeout(connectTimeoutMs, () => {
		const what = socket.connecting ? 'no connection' : 'no answer';
		socket.destroy(new Error(`${what} in time`));
	});
}
