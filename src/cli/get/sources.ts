import { closeSync, constants, fstatSync, open, readSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { concatSources, type Source } from '../../targets/entry.ts';
import { refuseContradiction } from '../../targets/select-codes.ts';
import { argumentSource, listSource, spool } from '../../targets/sources.ts';
import { isSystemError, systemReason, UsageError } from '../../util/errors.ts';
import { explainInput } from '../../util/suggest.ts';
import type { Io } from '../io.ts';
import type { GetFlags } from './options.ts';

export interface OpenSource {
	readonly source: Source;
	/** What messages call it. */
	readonly name: string;
	/** Removes what was written down of streams. */
	readonly close: () => Promise<void>;
}

/**
 * Opens the arguments and the lists of `--input`, the arguments first. Standard input, and what
 * else can be read only once, is written down.
 *
 * @throws {UsageError} When arguments are bad or contradict each other, or a list cannot be read.
 */
export async function openSource(
	args: readonly string[],
	flags: Pick<GetFlags, 'all' | 'every' | 'input'>,
	io: Pick<Io, 'cwd' | 'stdin' | 'interrupted'>,
): Promise<OpenSource> {
	const selection = { codes: args, all: flags.all ?? false, every: flags.every ?? false };
	if (flags.input.length > 0) {
		refuseContradiction({ ...selection, codes: [...args, ...flags.input.map(() => '--input')] });
	}

	const undo: (() => Promise<void>)[] = [];
	const close = async () => {
		await Promise.all(undo.map((remove) => remove()));
	};
	const sources: Source[] = [];
	const names: string[] = [];
	if (args.length > 0 || flags.input.length === 0) {
		sources.push(argumentSource(selection));
	}

	try {
		for (const input of flags.input) {
			const name = input === '-' ? 'standard input' : input;
			names.push(name);
			const { path, remove } =
				input === '-' ? await openStandardInput(io) : await openInput('--input', input, io);
			undo.push(remove);
			sources.push(listSource(path, name));
		}
	} catch (error) {
		await close();
		throw error;
	}

	return { source: concatSources(sources), name: names.join(', '), close };
}

/** What an option names, ready to be read more than once. */
export interface Input {
	readonly path: string;
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
async function openStandardInput({
	stdin,
	interrupted,
}: Pick<Io, 'stdin' | 'interrupted'>): Promise<Input> {
	try {
		// For Node it is empty.
		const { fd } = stdin as { readonly fd?: number };
		if (fd !== undefined && fstatSync(fd).isDirectory()) {
			throw new UsageError(
				`--input: ${explainInput('a directory as standard input', 'a file or a pipe')}`,
			);
		}
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
			throw new UsageError(
				`${option}: ${explainInput(`the ${kind} ${given}`, 'a file or a pipe')}`,
			);
		}
		return Readable.from([]);
	} finally {
		closeSync(fd);
	}
}

/** What cannot be read is of the user; what cannot be written down is not. */
function refusal(error: unknown, option: string, name: string): unknown {
	return isSystemError(error)
		? new UsageError(`${option}: cannot read ${name}: ${systemReason(error)}`, { cause: error })
		: error;
}
