import type { Members, thresholdVerdict, VERDICTS } from '../schema/output.ts';
import { type IntervalEstimate, MIN_SAMPLES, statOfSamples } from '../statistics/estimate.ts';
import type { DeepReadonly } from '../util/members.ts';
import { formatValue, isTiming, kindOf, type Measure, type MeasuredRun } from './metrics.ts';
import { isBound, isSelected, type Operator, type Threshold } from './threshold.ts';

/** `inconclusive` is a warning: the data do not decide. */
export type Verdict = (typeof VERDICTS)[number];

/** The verdict on a threshold for all runs that it selects. */
export interface Judgement {
	readonly threshold: Threshold;
	/** The worst verdict of its runs. */
	readonly verdict: Verdict;
	readonly runs: readonly RunJudgement[];
}

/** As written to reports. */
export type ThresholdVerdict = DeepReadonly<Members<typeof thresholdVerdict>>;

export type RunJudgement = ThresholdVerdict['runs'][number];

const COMPARE: Readonly<Record<Operator, (value: number, limit: number) => boolean>> = {
	'<': (value, limit) => value < limit,
	'<=': (value, limit) => value <= limit,
	'>': (value, limit) => value > limit,
	'>=': (value, limit) => value >= limit,
	'==': (value, limit) => value === limit,
	'!=': (value, limit) => value !== limit,
};

export function judge(threshold: Threshold, runs: readonly MeasuredRun[]): Judgement {
	const judged = runs
		.filter(({ labels }) => isSelected(threshold.selector, labels))
		.map((run) => ({ labels: run.labels, ...judgeRun(threshold, run) }));
	return { threshold, verdict: worst(judged.map(({ verdict }) => verdict)), runs: judged };
}

function worst(verdicts: readonly Verdict[]): Verdict {
	if (verdicts.includes('fail')) {
		return 'fail';
	}
	// Without runs nothing has passed: the selected runs did not take place.
	return verdicts.length === 0 || verdicts.includes('inconclusive') ? 'inconclusive' : 'pass';
}

function judgeRun(threshold: Threshold, run: MeasuredRun): Omit<RunJudgement, 'labels'> {
	const { metric, operator, limit } = threshold;
	const kind = kindOf(metric);
	const measure = run.measures[metric];
	if (measure === undefined) {
		return { verdict: 'inconclusive', found: 'nothing', reason: 'it was not measured' };
	}

	const estimate = estimateOf(measure, threshold);
	const format = (value: number) => formatValue(value, kind);
	if (estimate === undefined) {
		return { verdict: 'inconclusive', ...tooFew(measure, format) };
	}
	const { value, lower, upper } = estimate;
	const range = lower === upper ? '' : ` (${format(lower)} to ${format(upper)})`;
	const found = `${format(value)}${range}, limit ${format(limit)}`;
	if (run.serverBound === true && isTiming(metric)) {
		return { verdict: 'inconclusive', found, reason: 'the server was the bottleneck' };
	}

	const holds = [lower, value, upper].map((point) => COMPARE[operator](point, limit));
	const isStraddled = (lower < limit && limit < upper) || new Set(holds).size > 1;
	if (isStraddled) {
		return { verdict: 'inconclusive', found, reason: 'the limit is within the 95 % interval' };
	}
	return { verdict: holds[0] === true ? 'pass' : 'fail', found };
}

function estimateOf(measure: Measure, { stat }: Threshold): IntervalEstimate | undefined {
	switch (measure.kind) {
		case 'value':
			return pointEstimate(measure.value);
		case 'samples':
			return stat === undefined || isBound(stat) ? undefined : statOfSamples(measure.values, stat);
		case 'interval': {
			const { value, lower, upper } = measure;
			if (lower === undefined || upper === undefined) {
				return undefined;
			}
			if (stat?.of === 'lo') {
				return pointEstimate(lower);
			}
			return stat?.of === 'hi' ? pointEstimate(upper) : { value, lower, upper };
		}
	}
}

function pointEstimate(value: number): IntervalEstimate {
	return { value, lower: value, upper: value };
}

function tooFew(
	measure: Measure,
	shown: (value: number) => string,
): { readonly found: string; readonly reason: string } {
	return measure.kind === 'samples'
		? {
				found: `${measure.values.length} samples`,
				reason: `too few samples, at least ${MIN_SAMPLES} are needed`,
			}
		: { found: shown(measure.value), reason: 'too few rounds for an interval' };
}
