import { closeSync, constants, fstatSync, open, readSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { spool } from '../../targets/sources.ts';
import { isSystemError, UsageError } from '../../util/errors.ts';
import type { Io } from '../io.ts';

/** What an option names, ready to be read more than once. */
export interface Input {
	readonly path: string;
	/** Removes what was written down of a stream. */
	readonly remove: () => Promise<void>;
}

/**
 * Opens a file. What can be read only once, such as a pipe, is written down.
 *
 * @param option - For messages: `--input`.
 * @throws {UsageError} If it cannot be read.
 */
export async function openInput(
	option: string,
	given: string,
	{ cwd, interrupted }: Pick<Io, 'cwd' | 'interrupted'>,
): Promise<Input> {
	const path = resolve(cwd, given);
	try {
		if (statSync(path).isFile()) {
			return { path, remove: async () => {} };
		}
		return await spool(await openStream(path, option, given), interrupted);
	} catch (error) {
		throw refusal(error, option, given);
	}
}

/** @throws {UsageError} If it cannot be read. */
export async function openStandardInput({
	stdin,
	interrupted,
}: Pick<Io, 'stdin' | 'interrupted'>): Promise<Input> {
	try {
		return await spool(stdin, interrupted);
	} catch (error) {
		throw refusal(error, '--input', 'standard input');
	}
}

/**
 * Opens a pipe, or what a shell makes of `<(command)`, so that reading it can be given up.
 *
 * A file stream reads in the thread pool, and a read that waits for a writer cannot be cancelled: it
 * would hold up even the end of the process; so would opening a pipe that has no writer yet. A socket
 * is polled.
 */
async function openStream(path: string, option: string, given: string): Promise<Readable> {
	// A bare descriptor: a FileHandle would close it behind the socket's back.
	const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK);
	const stats = fstatSync(fd);
	if (stats.isFIFO() || stats.isSocket() || isatty(fd)) {
		return new Socket({ fd, readable: true, writable: false });
	}
	try {
		// `/dev/null` is an empty list; other devices have no end.
		if (stats.isDirectory() || readSync(fd, Buffer.alloc(1)) > 0) {
			const kind = stats.isDirectory() ? 'directory' : 'device';
			throw new UsageError(`${option}: found the ${kind} ${given}; allowed: a file or a pipe`);
		}
		return Readable.from([]);
	} finally {
		closeSync(fd);
	}
}

/** What cannot be read is of the user; what cannot be written down is not. */
function refusal(error: unknown, option: string, name: string): unknown {
	return isSystemError(error)
		? new UsageError(`${option}: cannot read ${name}: ${error.message}`, { cause: error })
		: error;
}
