export interface FoundCountry {
	/** ISO 3166-1 alpha-2, upper case. */
	readonly code: string;
	readonly name: string;
	/** Empty where there is none. */
	readonly capital: string;
}

/** What is printed goes into other programs. */
export const COUNTRY_CODE = /^[A-Z]{2}$/;

/** Matches as they arrive, some at a time: a page of HTTP, or what came in one piece over TCP. */
export type FoundCountries = AsyncGenerator<readonly FoundCountry[], void, undefined>;
