import { printable } from '../util/text.ts';

/** What both ways of searching share: what is found, the bounds of a search, and how it fails. */

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

export interface FinderLimits {
	readonly connectTimeoutMs: number;
	readonly stallTimeMs: number;
	/** Longest time that the server may keep one search waiting, all its waits added up. */
	readonly totalTimeMs: number;
	/** Far beyond any list of countries. */
	readonly maxMatches: number;
}

export const FINDER_LIMITS: FinderLimits = {
	connectTimeoutMs: 10_000,
	stallTimeMs: 15_000,
	totalTimeMs: 60_000,
	maxMatches: 100_000,
};

/** Keeps one search from going on for ever because its server does. */
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
	 * Waits for the server. The time between two waits does not count: it is that of who reads the output.
	 *
	 * @param giveUp - Ends the work with this error when the time is used up.
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

	/** @throws {FinderError} When there are too many. */
	count(matches: number): void {
		this.#matches += matches;
		if (this.#matches > this.#limits.maxMatches) {
			throw new FinderError(`${this.#server} sent more than ${this.#limits.maxMatches} matches`);
		}
	}
}

/**
 * The search could not be done: the server was not reached, or what it said is no answer.
 *
 * The message names the address and the reason. That nothing matches is no error.
 */
export class FinderError extends Error {
	static {
		Object.defineProperty(FinderError.prototype, 'name', { value: 'FinderError' });
	}
}

/** Says that `address` was not reached, in words, with the code of the system. */
export function unreachable(address: string, cause: unknown): FinderError {
	const { code, message } = cause as NodeJS.ErrnoException;
	const reason = (code !== undefined && REASONS[code]) || message;
	const detail = code === undefined ? reason : `${reason} (${code})`;
	const hint = code === 'ECONNREFUSED' ? '; is the server running?' : '';
	return new FinderError(`cannot reach ${address}: ${detail}${hint}`, { cause });
}

const QUOTED_MAX_LENGTH = 200;

/** What a server says, as a part of a message: on one line, harmless and short. */
export function fromServer(text: string): string {
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
