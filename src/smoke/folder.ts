import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { isCode } from '../util/errors.ts';
import type { Expected } from './expected.ts';

/** The contents of an output directory, with `/` between the parts of a name. */
export function readFolder(directory: string): Map<string, Buffer> {
	const names = readdirSync(directory, { recursive: true, withFileTypes: true })
		.filter((entry) => !entry.isDirectory())
		.map((entry) => relative(directory, join(entry.parentPath, entry.name)))
		.sort();
	return new Map(
		names.map((name) => [
			name.split(sep).join('/'),
			readIfThere(join(directory, name)) ?? Buffer.alloc(0),
		]),
	);
}

/** @returns `undefined` where there is no such file. */
function readIfThere(path: string): Buffer | undefined {
	// An exception for every look at what is not there yet would cost ten times as much.
	if (!existsSync(path)) {
		return undefined;
	}
	try {
		return readFileSync(path);
	} catch (error) {
		if (isCode(error, 'ENOENT')) {
			return undefined;
		}
		throw error;
	}
}

/** Half of a file is there for 300 ms in the scenario `hostile`. */
const POLL_MS = 15;

export interface Watch {
	/** Files seen with other bytes than they should have, under their final names. */
	stop(): ReadonlySet<string>;
}

/** Looks at the final names while a client is at work: a final name means a whole file. */
export function watchFolder(directory: string, expected: readonly Expected[]): Watch {
	const partial = new Set<string>();
	const watched = new Map(
		expected.filter(({ planned }) => planned.undetectable !== true).map((one) => [one.file, one]),
	);

	const timer = setInterval(() => {
		for (const [file, { content }] of watched) {
			const found = readIfThere(join(directory, file));
			if (found === undefined) {
				continue;
			}
			if (!found.equals(content)) {
				partial.add(file);
			}
			watched.delete(file);
		}
	}, POLL_MS);
	return {
		stop() {
			clearInterval(timer);
			return partial;
		},
	};
}
