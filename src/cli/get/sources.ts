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
	/** Name in messages. */
	readonly name: string;
	/** Removes the copies of streams. */
	readonly close: () => Promise<void>;
}

/**
 * Opens the arguments, followed by the lists of `--input`. Standard input and other streams are copied to
 * temporary files.
 *
 * @throws {UsageError} If arguments are invalid or contradict each other, or a list cannot be read.
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

	const cleanups: (() => Promise<void>)[] = [];
	const close = async () => {
		await Promise.all(cleanups.map((remove) => remove()));
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
			cleanups.push(remove);
			sources.push(listSource(path, name));
		}
	} catch (error) {
		await close();
		throw error;
	}

	return { source: concatSources(sources), name: names.join(', '), close };
}

/** A file that can be read more than once. */
export interface Input {
	readonly path: string;
	readonly remove: () => Promise<void>;
}

/**
 * Opens a file. A pipe, which can be read only once, is copied to a temporary file.
 *
 * @param option - For messages: `--input`.
 * @throws {UsageError} If it cannot be read.
 */
export async function openInput(
	option: string,
	given: string,
	{ cwd, stdin, interrupted }: Pick<Io, 'cwd' | 'stdin' | 'interrupted'>,
): Promise<Input> {
	const path = resolve(cwd, given);
	try {
		const stats = statSync(path);
		if (stats.isFile()) {
			return { path, remove: async () => {} };
		}
		// A socket, as the standard input of a child of Node, cannot be opened by its path.
		if (stats.isSocket() && /^\/dev\/(?:stdin|fd\/0)$/.test(path)) {
			return await spool(stdin, interrupted);
		}
		return await spool(await openStream(path, option, given), interrupted);
	} catch (error) {
		throw asUsageError(error, option, given);
	}
}

/** @throws {UsageError} If it cannot be read. */
async function openStandardInput({
	stdin,
	interrupted,
}: Pick<Io, 'stdin' | 'interrupted'>): Promise<Input> {
	try {
		const { fd } = stdin as { readonly fd?: number };
		const kind = fd === undefined ? undefined : unusableKind(fd);
		if (kind !== undefined) {
			throw new UsageError(
				`--input: ${explainInput(`a ${kind} as standard input`, 'a file or a pipe')}`,
			);
		}
		return await spool(stdin, interrupted);
	} catch (error) {
		throw asUsageError(error, '--input', 'standard input');
	}
}

/**
 * Opens a pipe, or the result of a shell's `<(command)`, so that reading it can be aborted.
 *
 * A file stream reads in the thread pool, where a read that waits for a writer cannot be cancelled and delays
 * even the exit of the process; so does opening a pipe without a writer. A socket is polled instead.
 */
async function openStream(path: string, option: string, given: string): Promise<Readable> {
	// A raw descriptor: a FileHandle would close it while the socket still uses it.
	const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK);
	const stats = fstatSync(fd);
	if (stats.isFIFO() || stats.isSocket() || isatty(fd)) {
		return new Socket({ fd, readable: true, writable: false });
	}
	try {
		const kind = unusableKind(fd);
		if (kind !== undefined) {
			throw new UsageError(
				`${option}: ${explainInput(`the ${kind} ${given}`, 'a file or a pipe')}`,
			);
		}
		return Readable.from([]);
	} finally {
		closeSync(fd);
	}
}

/** Whether it is a directory, which Node would treat as empty, or an endless device; `/dev/null` is an empty list. */
function unusableKind(fd: number): 'directory' | 'device' | undefined {
	const stats = fstatSync(fd);
	if (stats.isDirectory()) {
		return 'directory';
	}
	const isDevice = (stats.isCharacterDevice() || stats.isBlockDevice()) && !isatty(fd);
	return isDevice && readSync(fd, Buffer.alloc(1)) > 0 ? 'device' : undefined;
}

/** A failed read is a usage error; a failed write of the copy is not. */
function asUsageError(error: unknown, option: string, name: string): unknown {
	return isSystemError(error)
		? new UsageError(`${option}: cannot read ${name}: ${systemReason(error)}`, { cause: error })
		: error;
}
