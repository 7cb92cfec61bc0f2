import type { SampleStat } from '../statistics/sample-stat.ts';
import { UsageError } from '../util/errors.ts';
import { printable } from '../util/text.ts';
import type { MetricName } from './metrics.ts';

/** A demand on a metric of each run that the selector means. Plain data. */
export interface Threshold {
	/** As it was written. */
	readonly text: string;
	/** The reason for it; only from a file. */
	readonly why?: string;
	readonly metric: MetricName;
	/** Labels that a run must have; empty: every run. */
	readonly selector: Readonly<Record<string, string>>;
	/** Absent: the metric's value itself. */
	readonly stat?: Stat;
	readonly operator: Operator;
	/** In the metric's own unit. */
	readonly limit: number;
	/** Where the parts stand in the text, for messages: offsets of their first characters. */
	readonly at: { readonly metric: number; readonly selector: Selected; readonly stat: number };
}

export type Operator = '<' | '<=' | '>' | '>=' | '==' | '!=';

/** Of many observations, or a bound of an interval. */
export type Stat = SampleStat | { readonly of: 'lo' | 'hi' };

export function isBound(stat: Stat): stat is Extract<Stat, { of: 'lo' | 'hi' }> {
	return stat.of === 'lo' || stat.of === 'hi';
}

/** Offset of each key and each value of a selector, by key. */
export type Selected = Readonly<Record<string, { readonly key: number; readonly value: number }>>;

/** A threshold that cannot be meant, with a caret under the place. */
export class ThresholdError extends UsageError {
	/** Offset into the text. */
	readonly offset: number;

	static {
		Object.defineProperty(ThresholdError.prototype, 'name', { value: 'ThresholdError' });
	}

	constructor(text: string, offset: number, problem: string) {
		const before = printable(text.slice(0, offset));
		super(`${problem}\n  ${printable(text)}\n  ${' '.repeat(columns(before))}^`);
		this.offset = offset;
	}
}

/** Characters as a terminal counts them, but for East Asian ones. */
function columns(text: string): number {
	return Array.from(text).filter((character) => !/\p{M}/u.test(character)).length;
}
