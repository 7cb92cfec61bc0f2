import type { MetricName } from './metrics.ts';

/** A demand on a metric of each run that the selector means. Plain data. */
export interface Threshold {
	/** As it was written. */
	readonly text: string;
	/** Why somebody wanted it; only from a file. */
	readonly why?: string;
	readonly metric: MetricName;
	/** Labels that a run must have; empty: every run. */
	readonly selector: Readonly<Record<string, string>>;
	/** Absent: the metric's value itself. */
	readonly stat?: Stat;
	readonly operator: Operator;
	readonly limit: Limit;
	/** Where the parts stand in the text, for messages: offsets of their first characters. */
	readonly at: { readonly metric: number; readonly selector: Selected; readonly stat: number };
}

export type Operator = '<' | '<=' | '>' | '>=' | '==' | '!=';

/** Of many observations, or a bound of an interval. */
export type Stat =
	| { readonly of: 'percentile'; readonly percent: number }
	| { readonly of: 'min' | 'max' | 'mean' | 'lo' | 'hi' };

/** In the metric's own unit: a number, or so many times another metric of the same run. */
export type Limit =
	| { readonly value: number }
	| { readonly factor: number; readonly metric: MetricName };

/** Offset of each key and each value of a selector, by key. */
export type Selected = Readonly<Record<string, { readonly key: number; readonly value: number }>>;
