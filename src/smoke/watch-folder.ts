import { join } from 'node:path';
import type { Expected } from './expected.ts';
import { readIfThere } from './folder.ts';

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
