import { concatSources, type Source } from '../../targets/entry.ts';
import { refuseContradiction } from '../../targets/select-codes.ts';
import { argumentSource, listSource } from '../../targets/sources.ts';
import type { GetFlags } from '../get-flags.ts';
import type { Io } from '../io.ts';
import { openInput, openStandardInput } from './open-input.ts';

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
