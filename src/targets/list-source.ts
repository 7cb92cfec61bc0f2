import { UsageError } from '../util/usage-error.ts';
import type { BadEntry, Entry, Source } from './entry.ts';
import { parseListLine } from './list-line.ts';
import { type Line, readLines } from './read-lines.ts';
import { RepeatableFile } from './repeatable-file.ts';

/**
 * The entries of a list file, each time those that it had at first.
 *
 * @param path - A regular file: it is read more than once.
 * @param name - What messages call it.
 */
export function listSource(path: string, name: string): Source {
	const file = new RepeatableFile(path, name);
	return async function* () {
		for await (const lines of readLines(file.read())) {
			const entries: (Entry | BadEntry)[] = [];
			for (const line of lines) {
				const entry = entryOf(line, name);
				if (entry !== undefined) {
					entries.push(entry);
				}
			}
			yield entries;
		}
	};
}

function entryOf(line: Line, name: string): Entry | BadEntry | undefined {
	const where = `${name}:${line.number}`;
	if ('problem' in line) {
		return { where, problem: line.problem };
	}

	try {
		return parseListLine(line.text, where);
	} catch (error) {
		if (error instanceof UsageError) {
			return { where, problem: error.message };
		}
		throw error;
	}
}
