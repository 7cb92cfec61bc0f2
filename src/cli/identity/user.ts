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

/** Whether the password is still missing. */
export function lacksPassword(user: string | undefined): user is string {
	return user !== undefined && !user.includes(':');
}

/**
 * Prompts for the password of `--user` on the terminal, without echo; standard input may be a list.
 *
 * @returns `name:password`.
 * @throws {UsageError} If there is no terminal, or the input is empty.
 * @throws {Interrupted} On Ctrl-C.
 */
export async function withPassword(user: string, io: Io): Promise<string> {
	const terminal = openTerminal(io);
	if (terminal === undefined) {
		throw new UsageError(
			`--user: ${explainInput('no password, and no terminal to ask on', ALLOWED)}`,
		);
	}
	const { input, fd } = terminal;
	// readline provides line editing; its output, which would echo, is discarded.
	const output = new Writable({ write: (_chunk, _encoding, done) => done() });
	const lines = createInterface({ input, output, terminal: true, historySize: 0 });
	// `createInterface` has set raw mode, so echo is off before the prompt appears.
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

/** Even with redirected streams, the process may have a controlling terminal. */
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
