import type { Place } from './place.ts';
import type { Credentials } from './target.ts';

/** One file that was asked for, by an argument or a line of a list, before it has its place. */
export interface Entry {
	/** A country code in upper case, or a URL as it was written, without user and password. */
	readonly id: string;
	readonly isCode: boolean;
	/** Of a URL. */
	readonly place?: Place;
	/** Path below the output directory, with `/`; safe. Absent: the template decides. */
	readonly dest?: string;
	/** 64 lower-case hexadecimal digits. */
	readonly sha256?: string;
	readonly mirrors?: readonly string[];
	/** Of its URLs. */
	readonly credentials?: Credentials;
	/** For messages: `list.txt:14`, `argument 2`, `BR`. */
	readonly where: string;
}

/** A line that is no entry, and why: what was found, what is allowed. */
export interface BadEntry {
	readonly where: string;
	readonly problem: string;
}

/** What was asked for, in order, in batches. Each call reads it from its beginning. */
export type Source = () => AsyncIterable<readonly (Entry | BadEntry)[]>;

/** Several sources, one after the other. */
export function concatSources(sources: readonly Source[]): Source {
	return async function* () {
		for (const source of sources) {
			yield* source();
		}
	};
}
