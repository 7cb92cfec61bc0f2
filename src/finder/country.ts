/** One match of the search. */
export interface FoundCountry {
	/** ISO 3166-1 alpha-2, upper case. */
	readonly code: string;
	readonly name: string;
	/** Empty where there is none. */
	readonly capital: string;
}

/** What is printed goes into other programs. */
export const COUNTRY_CODE = /^[A-Z]{2}$/;

/** Whether a server's word is a country code. */
export function isCountryCode(text: unknown): text is string {
	return typeof text === 'string' && COUNTRY_CODE.test(text);
}

/** Matches as they arrive, some at a time: a page of HTTP, or what came in one piece over TCP. */
export type FoundCountries = AsyncGenerator<readonly FoundCountry[], void, undefined>;
