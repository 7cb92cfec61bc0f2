import { UsageError } from '../util/usage-error.ts';

/** A threshold that cannot be meant, with a caret under the place. */
export class ThresholdError extends UsageError {
	/** Offset into the text. */
	readonly offset: number;

	static {
		Object.defineProperty(ThresholdError.prototype, 'name', { value: 'ThresholdError' });
	}

	constructor(text: string, offset: number, problem: string) {
		const shown = text.replace(/\p{Cc}/gu, ' ');
		super(`${problem}\n  ${shown}\n  ${' '.repeat(columns(shown.slice(0, offset)))}^`);
		this.offset = offset;
	}
}

/** Characters as a terminal counts them, but for East Asian ones. */
function columns(text: string): number {
	return Array.from(text).filter((character) => !/\p{M}/u.test(character)).length;
}
