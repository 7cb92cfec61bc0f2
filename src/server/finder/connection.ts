import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { codePointName } from '../../util/text.ts';
import { type Country, searchCountries } from '../content/country-search.ts';

export interface FinderConnection {
	/** Closes the connection: at once if it is idle, otherwise after the current answer. */
	stop(reason: string): void;
}

/** How long the client may take to read the last message and close its side. */
const LINGER_MS = 1_000;
/** The same during shutdown. */
const CLOSING_LINGER_MS = 300;

/**
 * Serves a client until it disconnects, violates the protocol or is stopped.
 *
 * @param socket - Accepted with `allowHalfOpen`, so that a client that has closed its side still gets
 *   its answers.
 */
export function serveFinderConnection(socket: Socket, idleTimeoutMs: number): FinderConnection {
	const closed = new AbortController();
	let answering = false;
	let stopReason: string | undefined;

	// A reset by the client: 'close' follows and is handled.
	socket.on('error', () => {});
	socket.once('close', () => closed.abort());
	socket.setTimeout(idleTimeoutMs, () => {
		if (socket.writableEnded) {
			// The client does not read the last message.
			socket.destroy();
		} else {
			closeWithReason(socket, `idle for ${idleTimeoutMs / 1000} s`);
		}
	});

	void serve();

	return {
		stop(reason) {
			stopReason ??= reason;
			if (!answering) {
				closeWithReason(socket, stopReason, CLOSING_LINGER_MS);
			}
		},
	};

	async function serve(): Promise<void> {
		try {
			socket.write(PROMPT);
			// On `break`, the default iterator would destroy the socket before the last message is sent.
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
					closeWithReason(socket, stopReason, CLOSING_LINGER_MS);
					break;
				}
			}
			socket.end();
			socket.resume();
		} catch (error) {
			if (error instanceof FinderViolation) {
				closeWithReason(socket, error.message);
			} else {
				socket.destroy();
			}
		}
	}

	async function write(text: string): Promise<void> {
		if (socket.write(text)) {
			// Yields to other clients even if the kernel accepts everything at once.
			await setImmediate(undefined, { signal: closed.signal });
		} else {
			await once(socket, 'drain', { signal: closed.signal });
		}
	}
}

/** Sends the reason, closes, and discards further input: unread bytes would turn the FIN into a RST. */
export function closeWithReason(
	socket: Socket,
	reason: string,
	lingerMs: number = LINGER_MS,
): void {
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
 * The answer to a query, in parts of at most 64 lines: a line for each match, a status line, and the
 * prompt for the next query. The answer to a blank query is only the prompt.
 *
 * Only match lines contain TABs, because a query cannot.
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

/** Invalid input that ends the connection; the message is sent to the client. */
class FinderViolation extends Error {
	static {
		Object.defineProperty(FinderViolation.prototype, 'name', { value: 'FinderViolation' });
	}
}

/** Longest line, without its terminator. */
const MAX_LINE_BYTES = 1024;

const LF = 0x0a;
const CR = 0x0d;

/**
 * The lines of a client, without their terminators (LF or CR LF). The last line needs no terminator.
 *
 * Errors are detected as soon as their bytes arrive, not at the end of the line: an endless line costs
 * no more memory than the longest valid one, and Ctrl-C in a terminal is noticed.
 *
 * @throws {FinderViolation} At a control character, a line that is too long, or invalid UTF-8.
 */
export async function* readQueries(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
	let rest = Buffer.alloc(0);
	for await (const chunk of chunks) {
		rest = Buffer.concat([rest, chunk]);
		for (let end = rest.indexOf(LF); end !== -1; end = rest.indexOf(LF)) {
			yield parseLine(rest.subarray(0, end), true);
			rest = rest.subarray(end + 1);
		}
		parseLine(rest, false);
	}
	if (rest.length > 0) {
		yield parseLine(rest, true);
	}
}

const CONTROL_CHARACTER = /\p{Cc}/u;

/** @param isWhole - Whether the line is complete; otherwise its last character may be cut. */
function parseLine(bytes: Buffer, isWhole: boolean): string {
	// A CR anywhere but at the end is a control character.
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
