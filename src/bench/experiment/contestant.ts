import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../../util/child-process.ts';

/** Somebody who does the work: a strategy of flagdl, or another program. */
export interface Contestant {
	/** Unique among those of a bench. */
	readonly name: string;
	readonly kind: 'strategy' | 'peer';
	/** At which it runs; each is a cell. */
	readonly concurrencies: readonly number[];
	/** Worker threads at that concurrency, where it has them. */
	readonly threadsAt?: (concurrency: number) => number;
	/** Where it saves a file whose name in the list is `name`; absent: under that name. */
	readonly fileOf?: (target: WorkTarget) => string;
	readonly command: (task: Task) => Command;
}

/** One run, as a contestant is told to do it. */
export interface Task {
	readonly concurrency: number;
	/** Empty, and gone after the run. Names are relative to it. */
	readonly outputDir: string;
	readonly lists: Lists;
}

/** The same work in the languages of those who are to do it. */
export interface Lists {
	readonly targets: readonly WorkTarget[];
	/** Absolute path of a list of `flagdl get -i`. */
	readonly flagdl: string;
	/** Absolute path of a file of the name, written when it is first asked for. */
	readonly write: (name: string, text: () => string) => string;
}

export interface WorkTarget {
	readonly id: string;
	readonly url: string;
	/** Path below the output directory, with `/`. */
	readonly name: string;
	/** Of the true content, where it is known. */
	readonly sha256?: string;
	readonly bytes?: number;
}

/** @param directory - Absolute, of the bench's own. */
export function writeLists(directory: string, targets: readonly WorkTarget[]): Lists {
	const write = (name: string, text: () => string) => {
		const path = join(directory, name);
		if (!existsSync(path)) {
			writeFileSync(path, text());
		}
		return path;
	};
	return {
		targets,
		flagdl: write('flagdl.txt', () => targets.map(({ url, name }) => `${url}\t${name}\n`).join('')),
		write,
	};
}
