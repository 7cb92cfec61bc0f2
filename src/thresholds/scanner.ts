import { quote } from '../util/text.ts';
import { ThresholdError } from './threshold.ts';

/** Walks through the text of a threshold, from token to token. */
export class Scanner {
	readonly text: string;
	#at = 0;

	constructor(text: string) {
		this.text = text;
	}

	/** Offset of the next token. */
	get at(): number {
		this.#at += /^\s*/.exec(this.text.slice(this.#at))?.[0].length ?? 0;
		return this.#at;
	}

	get ended(): boolean {
		return this.at === this.text.length;
	}

	/** Takes what matches here, white space before it left out. */
	take(pattern: RegExp): string | undefined {
		const [found] = new RegExp(`^(?:${pattern.source})`, 'u').exec(this.text.slice(this.at)) ?? [];
		this.#at += found?.length ?? 0;
		return found;
	}

	/** @throws {ThresholdError} Where it does not match. */
	expect(pattern: RegExp, expected: string): string {
		return this.take(pattern) ?? this.fail(expected);
	}

	/** @throws {ThresholdError} Always: what was expected here, and what was found. */
	fail(expected: string): never {
		const [found] = /^(?:[\p{L}\p{N}_.]+|.)/u.exec(this.text.slice(this.at)) ?? [];
		const what = found === undefined ? 'the end' : quote(found);
		throw new ThresholdError(this.text, this.at, `expected ${expected}, found ${what}`);
	}
}
