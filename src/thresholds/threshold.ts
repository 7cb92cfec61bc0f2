import type { SampleStat } from '../statistics/estimate.ts';
import { UsageError } from '../util/errors.ts';
import { explainInput, suggest } from '../util/suggest.ts';
import { printable, quote } from '../util/text.ts';
import type { Labels, MetricForms, MetricName } from './metrics.ts';

/** A condition on a metric, for every run that the selector matches. Plain data. */
export interface Threshold {
	/** As written. */
	readonly text: string;
	/** Reason for the threshold; only those from a file have one. */
	readonly why?: string;
	readonly metric: MetricName;
	/** Labels that a run must have; an empty selector matches every run. */
	readonly selector: Readonly<Record<string, string>>;
	/** If absent, the value of the metric itself. */
	readonly stat?: Stat;
	readonly operator: Operator;
	/** In the unit of the metric. */
	readonly limit: number;
	/** Offsets of the parts in the text, for messages. */
	readonly at: { readonly metric: number; readonly selector: LabelOffsets; readonly stat: number };
}

export type Operator = '<' | '<=' | '>' | '>=' | '==' | '!=';

/** A statistic of a sample, or a bound of an interval. */
export type Stat = SampleStat | { readonly of: 'lo' | 'hi' };

export function isBound(stat: Stat): stat is Extract<Stat, { of: 'lo' | 'hi' }> {
	return stat.of === 'lo' || stat.of === 'hi';
}

/** Offsets of the keys and values of a selector, by key. */
export type LabelOffsets = Readonly<
	Record<string, { readonly key: number; readonly value: number }>
>;

/** An invalid threshold; the message has a caret under the offending part. */
export class ThresholdError extends UsageError {
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

/** The error for unexpected text at an offset. */
export function unexpected(
	text: string,
	offset: number,
	...input: Parameters<typeof explainInput>
): ThresholdError {
	return new ThresholdError(text, offset, explainInput(...input));
}

/** Width on a terminal; wide East Asian characters are counted as one column. */
function columns(text: string): number {
	return Array.from(text).filter((character) => !/\p{M}/u.test(character)).length;
}

/** The metrics and runs that a command will measure. */
export interface MeasurementScope {
	/** Name of the command in messages: `flagdl smoke`. */
	readonly command: string;
	readonly metrics: MetricForms;
	readonly runs: readonly Labels[];
}

/**
 * Checks a threshold before the first request, since a condition on something that does not exist would always
 * hold.
 *
 * @throws {ThresholdError} If the metric is not measured, its stat does not apply, or no run matches.
 */
export function checkThreshold(
	threshold: Threshold,
	{ command, metrics, runs }: MeasurementScope,
): void {
	const { text, metric, at } = threshold;
	if (metrics[metric] === undefined) {
		const found = `the metric ${metric}, which ${command} does not measure here`;
		throw unexpected(text, at.metric, found, Object.keys(metrics).join(', '));
	}
	checkStat(threshold, metrics);
	checkSelector(threshold, runs);
}

function checkStat({ text, metric, stat, at }: Threshold, metrics: MetricForms): void {
	const form = metrics[metric] ?? 'value';
	if (stat === undefined) {
		if (form === 'samples') {
			const allowed = `${metric}.p(95), .median, .mean, .min, .max`;
			throw unexpected(text, at.metric, `${metric}, which has many values`, allowed);
		}
		return;
	}

	if (form === 'value' || (form === 'interval') !== isBound(stat)) {
		const allowed = {
			value: 'none, as it has one value here',
			samples: 'p(95), median, mean, min, max, as it has many values',
			interval: 'lo, hi: the ends of its 95 % interval',
		};
		throw unexpected(text, at.stat, `another stat of ${metric}`, allowed[form]);
	}
}

function checkSelector({ text, selector, at }: Threshold, runs: readonly Labels[]): void {
	for (const [key, value] of Object.entries(selector)) {
		const offset = at.selector[key] ?? { key: 0, value: 0 };
		const known = runs.filter((labels) => Object.hasOwn(labels, key));
		if (known.length === 0) {
			const keys = [...new Set(runs.flatMap((labels) => Object.keys(labels)))];
			const found = `the label ${key}, which no run has`;
			throw unexpected(text, offset.key, found, keys.join(', '), suggest(key, keys));
		}
		if (known.every((labels) => labels[key] !== value)) {
			const values = [...new Set(known.map((labels) => labels[key] ?? ''))];
			const found = `the ${key} ${quote(value)}, which no run has`;
			throw unexpected(text, offset.value, found, values.join(', '), suggest(value, values));
		}
	}
	if (!runs.some((labels) => isSelected(selector, labels))) {
		throw new ThresholdError(text, text.indexOf('{'), 'no run has all of these labels');
	}
}

export function isSelected(selector: Threshold['selector'], labels: Labels): boolean {
	return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
