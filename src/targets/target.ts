import type { ContentDigests } from './digests.ts';
import type { HeaderFields } from './header-field.ts';

/** One file to fetch. Plain data: it crosses threads and machines. */
export interface Target extends ContentDigests {
	/** What the user asked for: a country code in upper case, or the URL. */
	readonly id: string;
	/** Place in the list, from 0. */
	readonly index: number;
	readonly url: string;
	/** Absolute path of the file. With `naming`, the path used until the name is known. */
	readonly dest: string;
	/** Further URLs of the same content, in the order in which they are tried. */
	readonly mirrors?: readonly string[];
	/** Metadata, or the response itself, give the file its name. */
	readonly naming?: Naming;
	/** What the server said of the file that is there, for a conditional request. */
	readonly validators?: Validators;
	/** For the origins of its URLs; the URLs themselves have none, so that every report may show them. */
	readonly credentials?: Credentials;
	/** Of requests to the origin of `url`, and to no other: neither mirrors nor redirects get them. */
	readonly headers?: HeaderFields;
}

/** Users and passwords by origin: `user:password`, percent-encoded as in a URL. */
export type Credentials = Readonly<Record<string, string>>;

export interface Naming {
	/** `--with-names`: a JSON document with a member `country`, fetched first. Absent: the response names the file. */
	readonly metadataUrl?: string;
	/** Absolute path of the folder to save in. */
	readonly directory: string;
	/** With its dot: `.gif`. */
	readonly extension: string;
}

/** Validators of a stored answer: RFC 9110, section 8.8. */
export interface Validators {
	/** The URL that they came from: they are sent to no other.
	 * @defaultValue the target's own */
	readonly url?: string;
	readonly etag?: string;
	readonly lastModified?: string;
}

/** Targets in order; a list of a million lines is never held in memory. */
export type Targets = AsyncIterable<Target> | Iterable<Target>;
