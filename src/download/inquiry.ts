import type { Place } from '../targets/place.ts';
import type { Target } from '../targets/target.ts';
import type { Answer } from './answer.ts';
import type { Tally } from './tally.ts';

/** What is asked for, and what becomes of the answer. */
export interface Inquiry<T> {
	readonly target: Target;
	readonly place: Place;
	readonly tally: Tally;
	/** Ends this inquiry; the context's own ends all. */
	readonly signal: AbortSignal;
	/** Fields of its request to this URL alone, names in lower case; a redirect leads to another. */
	headersFor(url: string): Readonly<Record<string, string>> | undefined;
	/** Whether it asks this URL for a range; then 416 is an answer to be taken, too. */
	asksRangeOf(url: string): boolean;
	/** Takes the content of an answer of status 200 to 299 or 304, within its slot. */
	take(answer: Answer): Promise<T>;
	/** If the target has mirrors: starts the next one, because this origin makes the request wait. */
	readonly startNextMirror?: (() => void) | undefined;
	/** What is left to be done without a slot: the request is no longer in flight. */
	finish?(taken: T): Promise<void> | undefined;
}
