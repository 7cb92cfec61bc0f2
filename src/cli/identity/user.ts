import { closeSync, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { basic } from '../../targets/url.ts';
import { UsageError } from '../../util/errors.ts';
import { explainInput } from '../../util/suggest.ts';
import { printable } from '../../util/text.ts';
import { Interrupted } from '../exit-code.ts';
import type { Io } from '../io.ts';

const ALLOWED = "--user 'name:password', and 'name:' for an empty one";

export function authorizationOfUser(user: string): string {
	const colon = user.indexOf(':');
	return basic(user.slice(0, colon), user.slice(colon + 1));
}

/** Whether there is still a password to ask for. */
export function lacksPassword(user: string | undefined): user is string {
	return user !== undefined && !user.includes(':');
}

/**
 * Asks for the password of `--user` on the terminal, where nothing of it is shown; standard input may be
 * a list.
 *
 * @returns `name:password`.
 * @throws {UsageError} If there is no terminal, or nothing is given.
 * @throws {Interrupted} By Ctrl-C.
 */
export async function withPassword(user: string, io: Io): Promise<string> {
	const terminal = openTerminal(io);
	if (terminal === undefined) {
		throw new UsageError(
			`--user: ${explainInput('no password, and no terminal to ask on', ALLOWED)}`,
		);
	}
	const { input, fd } = terminal;
	// It echoes what it is given to its output, and edits a line as people are used to.
	const output = new Writable({ write: (_chunk, _encoding, done) => done() });
	const lines = createInterface({ input, output, terminal: true, historySize: 0 });
	// Only now does the terminal show nothing any more.
	writeSync(fd, `Password of ${printable(user)}: `);
	try {
		const password = await firstLine(lines, io.interrupted);
		return `${user}:${password}`;
	} finally {
		lines.close();
		writeSync(fd, '\n');
		input.destroy();
	}
}

/** In a script without a terminal of its own there may still be one that belongs to the shell above it. */
function openTerminal({ stdin, stderr }: Io): { input: ReadStream; fd: number } | undefined {
	if ((stdin as Partial<ReadStream>).isTTY !== true && stderr.isTTY !== true) {
		return undefined;
	}
	let fd: number | undefined;
	try {
		fd = openSync('/dev/tty', 'r+');
		return { input: new ReadStream(fd), fd };
	} catch {
		if (fd !== undefined) {
			closeSync(fd);
		}
		return undefined;
	}
}

async function firstLine(
	lines: ReturnType<typeof createInterface>,
	interrupted: AbortSignal,
): Promise<string> {
	return await new Promise((resolve, reject) => {
		const stop = () => reject(interrupted.reason as Error);
		interrupted.addEventListener('abort', stop, { once: true });
		lines.once('line', resolve);
		lines.once('SIGINT', () => reject(new Interrupted('SIGINT')));
		lines.once('close', () => {
			interrupted.removeEventListener('abort', stop);
			reject(new UsageError(`--user: ${explainInput('no password', ALLOWED)}`));
		});
	});
}
