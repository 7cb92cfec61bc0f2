import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { codePointName } from '../../util/text.ts';
import { type Country, searchCountries } from '../content/country-search.ts';

export interface FinderConnection {
	/** Ends the conversation: at once where it is idle, else after the answer that is under way. */
	stop(reason: string): void;
}

/** For the client to take the last words and to close its side. */
const LINGER_MS = 1_000;
/** The same while the server shuts down, which is to be over soon. */
const CLOSING_LINGER_MS = 300;

/**
 * Talks with one client until it leaves, breaks the protocol or is stopped.
 *
 * @param socket - Accepted with `allowHalfOpen`, so that a client that has closed its side is
 *   still answered.
 */
export function serveFinderConnection(socket: Socket, idleTimeoutMs: number): FinderConnection {
	const closed = new AbortController();
	let answering = false;
	let stopReason: string | undefined;

	// A reset by the client: 'close' follows, and says all that matters here.
	socket.on('error', () => {});
	socket.once('close', () => closed.abort());
	socket.setTimeout(idleTimeoutMs, () => {
		if (socket.writableEnded) {
			// Last words are said, and it does not take them.
			socket.destroy();
		} else {
			leave(socket, `idle for ${idleTimeoutMs / 1000} s`);
		}
	});

	void converse();

	return {
		stop(reason) {
			stopReason ??= reason;
			if (!answering) {
				leave(socket, stopReason, CLOSING_LINGER_MS);
			}
		},
	};

	async function converse(): Promise<void> {
		try {
			socket.write(PROMPT);
			// Left in the middle, the default iterator would destroy the socket, last words and all.
			for await (const query of readQueries(socket.iterator({ destroyOnReturn: false }))) {
				if (socket.writableEnded) {
					break;
				}

				answering = true;
				for (const part of finderAnswer(query)) {
					await write(part);
				}
				answering = false;

				if (stopReason !== undefined) {
					leave(socket, stopReason, CLOSING_LINGER_MS);
					break;
				}
			}
			socket.end();
			socket.resume();
		} catch (error) {
			if (error instanceof FinderViolation) {
				leave(socket, error.message);
			} else {
				socket.destroy();
			}
		}
	}

	async function write(text: string): Promise<void> {
		if (socket.write(text)) {
			// A kernel that takes all at once must not let one client keep the others waiting.
			await setImmediate(undefined, { signal: closed.signal });
		} else {
			await once(socket, 'drain', { signal: closed.signal });
		}
	}
}

/** Says why, closes, and throws away what still comes: unread bytes would turn the FIN into a RST. */
export function leave(socket: Socket, reason: string, lingerMs: number = LINGER_MS): void {
	if (socket.writableEnded || socket.destroyed) {
		return;
	}

	socket.end(`Closing: ${reason}.\n`);
	socket.resume();
	const linger = setTimeout(() => socket.destroy(), lingerMs);
	socket.once('close', () => clearTimeout(linger));
}

const PROMPT = '?> ';

const LINES_PER_PART = 64;

/**
 * The answer to one query, in parts of at most 64 lines: a line for each match, a status line, and
 * the prompt for the next query. To a blank query there is nothing but the prompt.
 *
 * Only a line of a match has TABs in it, for no query has any.
 */
function* finderAnswer(query: string): Generator<string> {
	const lines = query.trim() === '' ? [] : answerLines(query);

	let start = 0;
	for (; start + LINES_PER_PART < lines.length; start += LINES_PER_PART) {
		yield lines.slice(start, start + LINES_PER_PART).join('');
	}
	yield `${lines.slice(start).join('')}${PROMPT}`;
}

function answerLines(query: string): string[] {
	const found = searchCountries(query);
	return [...found.map(matchLine), `${statusOf(found.length, query)}\n`];
}

function matchLine({ iso_cc, country, capital }: Country): string {
	return `${iso_cc}\t${country}\t${capital ?? ''}\n`;
}

function statusOf(count: number, query: string): string {
	if (count === 0) {
		return `No match for '${query}'`;
	}
	return count === 1 ? `1 match for '${query}'` : `${count} matches for '${query}'`;
}

/** Something in the bytes of a client that ends its connection; the message is for the client. */
class FinderViolation extends Error {
	static {
		Object.defineProperty(FinderViolation.prototype, 'name', { value: 'FinderViolation' });
	}
}

/** Longest line, its end not counted. */
const MAX_LINE_BYTES = 1024;

const LF = 0x0a;
const CR = 0x0d;

/**
 * The lines of a client, without their ends (LF or CR LF); what follows the last end is a line too.
 *
 * Faults show as soon as their bytes are there, not when the line ends: a client that sends for ever
 * without an end costs no more memory than one line, and Ctrl-C in a terminal is noticed.
 *
 * @throws {FinderViolation} At a control character, a line that is too long, or invalid UTF-8.
 */
export async function* readQueries(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
	let rest = Buffer.alloc(0);
	for await (const chunk of chunks) {
		rest = Buffer.concat([rest, chunk]);
		for (let end = rest.indexOf(LF); end !== -1; end = rest.indexOf(LF)) {
			yield lineOf(rest.subarray(0, end), true);
			rest = rest.subarray(end + 1);
		}
		lineOf(rest, false);
	}
	if (rest.length > 0) {
		yield lineOf(rest, true);
	}
}

const CONTROL_CHARACTER = /\p{Cc}/u;

/** @param isWhole - Whether its last character is. */
function lineOf(bytes: Buffer, isWhole: boolean): string {
	// A CR is the last byte of its line, or else a control character.
	const line = bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes;
	const isTooLong = line.length > MAX_LINE_BYTES;
	const text = decode(line.subarray(0, MAX_LINE_BYTES), isTooLong || !isWhole);
	const control = CONTROL_CHARACTER.exec(text)?.[0];
	if (control !== undefined) {
		const name = codePointName(control);
		throw new FinderViolation(`a query may not have control characters, but there was ${name}`);
	}
	if (isTooLong) {
		throw new FinderViolation(`a line may have at most ${MAX_LINE_BYTES} bytes`);
	}
	return text;
}

/** @param stream - Whether more may follow. */
function decode(bytes: Buffer, stream: boolean): string {
	try {
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream });
	} catch {
		throw new FinderViolation('a query must be valid UTF-8');
	}
}
