/** One match of the search. */
export interface FoundCountry {
	/** ISO 3166-1 alpha-2, upper case. */
	readonly code: string;
	readonly name: string;
	/** Empty where there is none. */
	readonly capital: string;
}

const CODE = /^[A-Z]{2}$/;

/** Whether a server's word is a country code; what is printed goes into other programmes. */
export function isCountryCode(text: unknown): text is string {
	return typeof text === 'string' && CODE.test(text);
}

/** Matches as they arrive, some at a time: a page of HTTP, or what came in one piece over TCP. */
export type FoundCountries = AsyncGenerator<readonly FoundCountry[], void, undefined>;

export interface FinderTimeouts {
	readonly connectTimeoutMs: number;
	/** Longest silence of the server. */
	readonly stallTimeMs: number;
	/** Longest time of a whole search. */
	readonly totalTimeMs: number;
}

export const FINDER_TIMEOUTS: FinderTimeouts = {
	connectTimeoutMs: 10_000,
	stallTimeMs: 15_000,
	totalTimeMs: 120_000,
};

/** Far beyond any list of countries: a server that goes on for ever must not keep a client for ever. */
export const MAX_MATCHES = 100_000;
