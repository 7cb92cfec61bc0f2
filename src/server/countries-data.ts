import { readFileSync } from 'node:fs';

/** One entry of `fixtures/countries.json`, in the words of its metadata file. */
export interface Country {
	readonly country: string;
	/** ISO 3166-1 alpha-2, upper case. */
	readonly iso_cc: string;
	/** Top-level domain with its dot. */
	readonly tld_cc: string;
	/** `null` where there is none: Antarctica. */
	readonly capital: string | null;
	readonly continent: string;
	/** From 1; only where it is known. */
	readonly population_rank?: number;
}

let loaded: readonly Country[] | undefined;

/** All 249, in the order of their codes. Read once, when somebody first asks. */
export function countries(): readonly Country[] {
	loaded ??= JSON.parse(
		readFileSync(new URL('../../fixtures/countries.json', import.meta.url), 'utf8'),
	) as Country[];
	return loaded;
}
