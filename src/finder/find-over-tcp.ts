import { connect, type Socket } from 'node:net';
import {
	COUNTRY_CODE,
	FINDER_LIMITS,
	FinderError,
	type FinderLimits,
	type FoundCountries,
	type FoundCountry,
	fromServer,
	SearchBounds,
	unreachable,
} from './search.ts';

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
	const { host, port } = address;
	const name = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
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

// The answer's lines are short; a server that sends no line's end must not fill the memory.
const MAX_LINE_CHARACTERS = 4_096;

/**
 * Reads the answer to one query from the text of the line protocol, up to its status line.
 *
 * @param name - Of the server, for messages.
 * @throws {FinderError} When it is no answer, is not whole, or is the reason why the server closes.
 */
async function* readAnswer(chunks: AsyncIterable<string>, name: string): FoundCountries {
	let rest = '';
	let count = 0;

	for await (const chunk of chunks) {
		const lines = (rest + chunk).split('\n');
		rest = lines.pop() ?? '';

		const found: FoundCountry[] = [];
		for (const text of lines) {
			const line = text.replace(/^(\?> )+/, '').replace(/\r$/, '');
			if (line.length > MAX_LINE_CHARACTERS) {
				throw stranger(name);
			}
			if (!line.includes('\t')) {
				expectStatus(line, count + found.length, name);
				yield found;
				return;
			}
			found.push(parseMatch(line, name));
		}

		if (rest.length > MAX_LINE_CHARACTERS) {
			throw stranger(name);
		}
		count += found.length;
		yield found;
	}
	throw new FinderError(`${name} closed the connection before its answer was complete`);
}

function parseMatch(line: string, name: string): FoundCountry {
	const [code = '', country = '', capital = ''] = line.split('\t');
	if (!COUNTRY_CODE.test(code)) {
		throw stranger(name);
	}
	return { code, name: country, capital };
}

const STATUS = /^(No|\d+) match(es)? for '/;
const CLOSING = /^Closing: (.*)/s;

function expectStatus(line: string, count: number, name: string): void {
	const reason = CLOSING.exec(line)?.[1];
	if (reason !== undefined) {
		throw new FinderError(`${name} closed the connection: ${fromServer(reason)}`);
	}

	const status = STATUS.exec(line)?.[1];
	if (status === undefined) {
		throw stranger(name);
	}

	const told = status === 'No' ? 0 : Number(status);
	if (told !== count) {
		throw new FinderError(`${name} told of ${told} matches and sent ${count}`);
	}
}

function stranger(name: string): FinderError {
	return new FinderError(
		`${name} does not speak the finder's line protocol; is it the port of --finder-port?`,
	);
}
