import { printable } from '../util/text.ts';

export interface FoundCountry {
	/** ISO 3166-1 alpha-2, upper case. */
	readonly code: string;
	readonly name: string;
	/** Empty if there is none. */
	readonly capital: string;
}

/** Validated, because other programs read the output. */
export const COUNTRY_CODE = /^[A-Z]{2}$/;

/** Yields matches as they arrive: a page over HTTP, the matches in a chunk over TCP. */
export type FoundCountries = AsyncGenerator<readonly FoundCountry[], void, undefined>;

export interface FinderLimits {
	readonly connectTimeoutMs: number;
	readonly stallTimeMs: number;
	/** Longest total time that a search waits for the server. */
	readonly totalTimeMs: number;
	/** Far above the number of countries. */
	readonly maxMatches: number;
}

export const FINDER_LIMITS: FinderLimits = {
	connectTimeoutMs: 10_000,
	stallTimeMs: 15_000,
	totalTimeMs: 60_000,
	maxMatches: 100_000,
};

/** Limits a search against a server that never ends its response. */
export class SearchBounds {
	readonly #server: string;
	readonly #limits: FinderLimits;
	#waitedMs = 0;
	#matches = 0;

	constructor(server: string, limits: FinderLimits) {
		this.#server = server;
		this.#limits = limits;
	}

	/**
	 * Waits for the server. Time between waits does not count: the consumer of the output spends it.
	 *
	 * @param giveUp - Called with an error when the total time is used up; must abort the work.
	 */
	async wait<T>(work: Promise<T>, giveUp: (error: FinderError) => void): Promise<T> {
		const { totalTimeMs } = this.#limits;
		const startMs = performance.now();
		const late = `the response of ${this.#server} was not complete within ${totalTimeMs / 1000} s`;
		const timer = setTimeout(() => giveUp(new FinderError(late)), totalTimeMs - this.#waitedMs);
		try {
			return await work;
		} finally {
			clearTimeout(timer);
			this.#waitedMs += performance.now() - startMs;
		}
	}

	/** @throws {FinderError} If there are too many matches. */
	count(matches: number): void {
		this.#matches += matches;
		if (this.#matches > this.#limits.maxMatches) {
			throw new FinderError(`${this.#server} sent more than ${this.#limits.maxMatches} matches`);
		}
	}
}

/**
 * A search failed: the server is unreachable, or its response is invalid.
 *
 * The message has the address and the reason. A search without matches is no error.
 */
export class FinderError extends Error {
	static {
		Object.defineProperty(FinderError.prototype, 'name', { value: 'FinderError' });
	}
}

/** The error for an unreachable address, with the system's error code. */
export function unreachable(address: string, cause: unknown): FinderError {
	const { code, message } = cause as NodeJS.ErrnoException;
	const reason = (code !== undefined && REASONS[code]) || message;
	const detail = code === undefined ? reason : `${reason} (${code})`;
	const hint = code === 'ECONNREFUSED' ? '; is the server running?' : '';
	return new FinderError(`cannot reach ${address}: ${detail}${hint}`, { cause });
}

const QUOTED_MAX_LENGTH = 200;

/** Sanitizes and shortens text of a server for a message. */
export function serverText(text: string): string {
	return text.length > QUOTED_MAX_LENGTH
		? `${printable(text.slice(0, QUOTED_MAX_LENGTH))}…`
		: printable(text);
}

const REASONS: Readonly<Record<string, string>> = {
	ECONNREFUSED: 'connection refused',
	ECONNRESET: 'the connection was reset',
	ERR_ASSERTION: 'the answer has an impossible status',
	EHOSTUNREACH: 'no route to the host',
	ENOTFOUND: 'no such host',
	EAI_AGAIN: 'the name could not be looked up',
	UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
	UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
	UND_ERR_BODY_TIMEOUT: 'the answer stopped in the middle',
	UND_ERR_SOCKET: 'the connection was closed',
};
