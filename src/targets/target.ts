import type { ContentDigests } from './digests.ts';
import type { HeaderFields } from './header-field.ts';

/** One file to download. Plain data, so that it can be sent to threads and other machines. */
export interface Target extends ContentDigests {
	/** As requested: a country code in upper case, or the URL. */
	readonly id: string;
	/** Position in the list, from 0. */
	readonly index: number;
	readonly url: string;
	/** Absolute path of the file. With `naming`, the path used until the name is known. */
	readonly dest: string;
	/** Alternative URLs of the same content, in the order in which they are tried. */
	readonly mirrors?: readonly string[];
	/** Set if the metadata or the response names the file. */
	readonly naming?: Naming;
	/** Validators of the existing file, for a conditional request. */
	readonly validators?: Validators;
	/** For the origins of its URLs. The URLs contain none, so that reports can show them. */
	readonly credentials?: Credentials;
	/** Sent only to the origin of `url`, neither to mirrors nor along redirects to other origins. */
	readonly headers?: HeaderFields;
}

/** User names and passwords by origin: `user:password`, percent-encoded as in a URL. */
export type Credentials = Readonly<Record<string, string>>;

export interface Naming {
	/** `--with-names`: a JSON document with a member `country`, fetched first. If absent, the response names the file. */
	readonly metadataUrl?: string;
	/** Absolute path of the folder to save in. */
	readonly directory: string;
	/** With its dot: `.gif`. */
	readonly extension: string;
}

/** Validators of a stored response: RFC 9110, section 8.8. */
export interface Validators {
	/** The URL that they came from; they are sent only there.
	 * @defaultValue the target's own */
	readonly url?: string;
	readonly etag?: string;
	readonly lastModified?: string;
}

/** Targets in order. Iterated lazily, so that a list of a million lines is never held in memory. */
export type Targets = AsyncIterable<Target> | Iterable<Target>;
