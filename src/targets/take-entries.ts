import type { Source } from './entry.ts';

/** The first entries of a source, at most `limit`; it is read no further. */
export async function* takeEntries(source: Source, limit: number): ReturnType<Source> {
	let left = limit;
	for await (const entries of source()) {
		yield entries.slice(0, left);
		left -= entries.length;
		if (left <= 0) {
			return;
		}
	}
}
