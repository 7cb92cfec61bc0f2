import { connect, type Socket } from 'node:net';
import {
	COUNTRY_CODE,
	FINDER_LIMITS,
	FinderError,
	type FinderLimits,
	type FoundCountries,
	type FoundCountry,
	SearchBounds,
	serverText,
	unreachable,
} from './search.ts';

export interface TcpAddress {
	readonly host: string;
	readonly port: number;
}

/**
 * Sends a query over the line protocol, and yields the matches as they arrive.
 *
 * @param query - Not blank and without control characters, which the protocol cannot escape.
 * @throws {FinderError} If the server is unreachable or violates the protocol.
 * @throws The signal's reason when it aborts.
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
	// Not the `signal` option of `connect`, whose listener outlives the socket.
	const abort = () => socket.destroy(signal.reason as Error);
	signal.addEventListener('abort', abort, { once: true });
	const bounds = new SearchBounds(name, limits);

	try {
		socket.setEncoding('utf8');
		socket.write(`${query}\n`);
		for await (const countries of readAnswer(boundedChunks(socket, bounds, limits), name)) {
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

async function* boundedChunks(
	socket: Socket,
	bounds: SearchBounds,
	{ connectTimeoutMs, stallTimeMs }: FinderLimits,
): AsyncGenerator<string> {
	const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<string>;
	socket.once('connect', () => socket.setTimeout(stallTimeMs));
	socket.on('timeout', () => {
		const what = socket.connecting ? 'no connection' : 'no answer';
		socket.destroy(new Error(`${what} in time`));
	});
	for (;;) {
		socket.setTimeout(socket.connecting ? connectTimeoutMs : stallTimeMs);
		const next = await bounds.wait(chunks.next(), (error) => socket.destroy(error));
		// The server may be silent while the consumer of the output is slow.
		socket.setTimeout(0);
		if (next.done === true) {
			return;
		}
		yield next.value;
	}
}

// Valid lines are short. Bounds the memory for a server that never ends its line.
const MAX_LINE_CHARACTERS = 4_096;

/**
 * Parses the answer to a query, up to its status line.
 *
 * @param name - Name of the server, for messages.
 * @throws {FinderError} If the answer is invalid or incomplete, or the server closes with a reason.
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
				throw notFinderProtocol(name);
			}
			if (!line.includes('\t')) {
				expectStatus(line, count + found.length, name);
				yield found;
				return;
			}
			found.push(parseMatch(line, name));
		}

		if (rest.length > MAX_LINE_CHARACTERS) {
			throw notFinderProtocol(name);
		}
		count += found.length;
		yield found;
	}
	throw new FinderError(`${name} closed the connection before its answer was complete`);
}

function parseMatch(line: string, name: string): FoundCountry {
	const [code = '', country = '', capital = ''] = line.split('\t');
	if (!COUNTRY_CODE.test(code)) {
		throw notFinderProtocol(name);
	}
	return { code, name: country, capital };
}

const STATUS = /^(No|\d+) match(es)? for '/;
const CLOSING = /^Closing: (.*)/s;

function expectStatus(line: string, count: number, name: string): void {
	const reason = CLOSING.exec(line)?.[1];
	if (reason !== undefined) {
		throw new FinderError(`${name} closed the connection: ${serverText(reason)}`);
	}

	const status = STATUS.exec(line)?.[1];
	if (status === undefined) {
		throw notFinderProtocol(name);
	}

	const announced = status === 'No' ? 0 : Number(status);
	if (announced !== count) {
		throw new FinderError(`${name} announced ${announced} matches but sent ${count}`);
	}
}

function notFinderProtocol(name: string): FinderError {
	return new FinderError(
		`${name} does not speak the finder's line protocol; is it the port of --finder-port?`,
	);
}
