import { printable } from '../util/text.ts';

/**
 * The search could not be done: the server was not reached, or what it said is no answer.
 *
 * The message names the address and the reason. That nothing matches is no error.
 */
export class FinderError extends Error {
	static {
		Object.defineProperty(FinderError.prototype, 'name', { value: 'FinderError' });
	}
}

/** Says that `address` was not reached, in words, with the code of the system. */
export function unreachable(address: string, cause: unknown): FinderError {
	const { code, message } = cause as NodeJS.ErrnoException;
	const reason = (code !== undefined && REASONS[code]) || message;
	const detail = code === undefined ? reason : `${reason} (${code})`;
	const hint = code === 'ECONNREFUSED' ? '; is the server running?' : '';
	return new FinderError(`cannot reach ${address}: ${detail}${hint}`, { cause });
}

const QUOTED_MAX_LENGTH = 200;

/** What a server says, as a part of a message: on one line, harmless and short. */
export function fromServer(text: string): string {
	return text.length > QUOTED_MAX_LENGTH
		? `${printable(text.slice(0, QUOTED_MAX_LENGTH))}…`
		: printable(text);
}

const REASONS: Readonly<Record<string, string>> = {
	ECONNREFUSED: 'connection refused',
	ECONNRESET: 'the connection was reset',
	ERR_ASSERTION: 'the answer has an impossible status',
	EHOSTUNREACH: 'no route to the host',
	ENOTFOUND: 'no such host',
	EAI_AGAIN: 'the name could not be looked up',
	UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
	UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
	UND_ERR_BODY_TIMEOUT: 'the answer stopped in the middle',
	UND_ERR_SOCKET: 'the connection was closed',
};
