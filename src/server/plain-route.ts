import type { Answer } from './answer.ts';

/** A request that no scenario touches. */
export interface PlainRequest {
	/** In upper case. */
	readonly method: string;
	/** As sent, not decoded. */
	readonly path: string;
	/** As sent, without the question mark. */
	readonly query: string;
}

/** Answers the requests that are its own, and `undefined` to all others. */
export type PlainRoute = (request: PlainRequest) => Answer | undefined;
