import type { SampleStat } from '../statistics/sample-stat.ts';
import { UsageError } from '../util/errors.ts';
import { explainInput } from '../util/suggest.ts';
import { printable } from '../util/text.ts';
import type { MetricName } from './metrics.ts';

/** A condition on a metric of every run that the selector matches. Plain data. */
export interface Threshold {
	/** As written. */
	readonly text: string;
	/** The reason for it; only thresholds of a file have one. */
	readonly why?: string;
	readonly metric: MetricName;
	/** Labels that a run must have; empty matches every run. */
	readonly selector: Readonly<Record<string, string>>;
	/** Absent for the value of the metric itself. */
	readonly stat?: Stat;
	readonly operator: Operator;
	/** In the unit of the metric. */
	readonly limit: number;
	/** Offsets of the first characters of the parts in the text, for messages. */
	readonly at: { readonly metric: number; readonly selector: LabelOffsets; readonly stat: number };
}

export type Operator = '<' | '<=' | '>' | '>=' | '==' | '!=';

/** A stat of many observations, or a bound of an interval. */
export type Stat = SampleStat | { readonly of: 'lo' | 'hi' };

export function isBound(stat: Stat): stat is Extract<Stat, { of: 'lo' | 'hi' }> {
	return stat.of === 'lo' || stat.of === 'hi';
}

/** Offset of each key and each value of a selector, by key. */
export type LabelOffsets = Readonly<
	Record<string, { readonly key: number; readonly value: number }>
>;

/** A threshold that makes no sense; the message has a caret under the offending part. */
export class ThresholdError extends UsageError {
	/** Offset in the text. */
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

/** Of what is found at an offset, where something else is allowed. */
export function unexpected(
	text: string,
	offset: number,
	...input: Parameters<typeof explainInput>
): ThresholdError {
	return new ThresholdError(text, offset, explainInput(...input));
}

/** Columns on a terminal; wide East Asian characters are counted as one. */
function columns(text: string): number {
	return Array.from(text).filter((character) => !/\p{M}/u.test(character)).length;
}
