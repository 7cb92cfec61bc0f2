import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { concatSources, type Source } from '../../targets/entry.ts';
import { refuseContradiction } from '../../targets/select-codes.ts';
import { argumentSource, listSource, spool } from '../../targets/sources.ts';
import { UsageError } from '../../util/errors.ts';
import type { GetFlags } from '../get-flags.ts';
import type { Io } from '../io.ts';
import { openPipe } from './open-pipe.ts';

/** What was asked for, ready to be read twice. */
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
	{ cwd, stdin, interrupted }: Pick<Io, 'cwd' | 'stdin' | 'interrupted'>,
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
			const path = input === '-' ? undefined : resolve(cwd, input);
			const name = path === undefined ? 'standard input' : input;
			names.push(name);
			if (path !== undefined && isFile(path, input)) {
				sources.push(listSource(path, name));
			} else {
				const stream = path === undefined ? stdin : await openPipe(path);
				const spooled = await spool(stream, interrupted);
				undo.push(() => spooled.remove());
				sources.push(listSource(spooled.path, name));
			}
		}
	} catch (error) {
		await close();
		throw error;
	}

	return { source: concatSources(sources), name: names.join(', '), close };
}

/** @returns False for a pipe, which can be read once. */
function isFile(path: string, input: string): boolean {
	try {
		const stats = statSync(path);
		if (stats.isDirectory()) {
			throw new UsageError(
				`--input: found the directory ${input}; allowed: a file, or - for standard input`,
			);
		}
		return stats.isFile();
	} catch (error) {
		if (error instanceof UsageError) {
			throw error;
		}
		const { message } = error as Error;
		throw new UsageError(`--input: cannot read ${input}: ${message}`, { cause: error });
	}
}
