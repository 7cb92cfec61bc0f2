import { type Ranged, SAMPLES_MIN, statOfSamples } from '../statistics/sample-stat.ts';
import { isMeant } from './check.ts';
import {
	formatValue,
	isTiming,
	kindOf,
	type Labels,
	type Measure,
	type Measured,
} from './metrics.ts';
import { isBound, type Operator, type Threshold } from './threshold.ts';

/** `inconclusive` is a warning: the figures do not tell. */
type Verdict = 'pass' | 'fail' | 'inconclusive';

/** What a threshold came to, over all the runs that it means. */
export interface Judgement {
	readonly threshold: Threshold;
	/** The worst of the runs. */
	readonly verdict: Verdict;
	readonly runs: readonly RunJudgement[];
}

interface RunJudgement {
	readonly labels: Labels;
	readonly verdict: Verdict;
	/** `251 ms (230 ms to 260 ms), limit 250 ms`. */
	readonly found: string;
	/** Why there is no verdict. */
	readonly reason?: string;
}

const COMPARE: Readonly<Record<Operator, (value: number, limit: number) => boolean>> = {
	'<': (value, limit) => value < limit,
	'<=': (value, limit) => value <= limit,
	'>': (value, limit) => value > limit,
	'>=': (value, limit) => value >= limit,
	'==': (value, limit) => value === limit,
	'!=': (value, limit) => value !== limit,
};

/** Judges every run that the threshold means. */
export function judge(threshold: Threshold, runs: readonly Measured[]): Judgement {
	const judged = runs
		.filter(({ labels }) => isMeant(threshold.selector, labels))
		.map((run) => ({ labels: run.labels, ...judgeRun(threshold, run) }));
	return { threshold, verdict: worst(judged.map(({ verdict }) => verdict)), runs: judged };
}

function worst(verdicts: readonly Verdict[]): Verdict {
	if (verdicts.includes('fail')) {
		return 'fail';
	}
	// Nothing that was judged is nothing that passed: the run it meant never came about.
	return verdicts.length === 0 || verdicts.includes('inconclusive') ? 'inconclusive' : 'pass';
}

function judgeRun(threshold: Threshold, run: Measured): Omit<RunJudgement, 'labels'> {
	const { metric, operator, limit } = threshold;
	const kind = kindOf(metric);
	const measure = run.measures[metric];
	if (measure === undefined) {
		return { verdict: 'inconclusive', found: 'nothing', reason: 'it was not measured' };
	}

	const ranged = rangeOf(measure, threshold);
	const shown = (value: number) => formatValue(value, kind);
	if (ranged === undefined) {
		return { verdict: 'inconclusive', ...tooFew(measure, shown) };
	}
	const { value, lo, hi } = ranged;
	const range = lo === hi ? '' : ` (${shown(lo)} to ${shown(hi)})`;
	const found = `${shown(value)}${range}, limit ${shown(limit)}`;
	if (run.serverBound === true && isTiming(metric)) {
		return { verdict: 'inconclusive', found, reason: 'the server was the bottleneck' };
	}

	const holds = [lo, value, hi].map((point) => COMPARE[operator](point, limit));
	const straddled = (lo < limit && limit < hi) || new Set(holds).size > 1;
	if (straddled) {
		return { verdict: 'inconclusive', found, reason: 'the limit is within the 95 % interval' };
	}
	return { verdict: holds[0] === true ? 'pass' : 'fail', found };
}

function rangeOf(measure: Measure, { stat }: Threshold): Ranged | undefined {
	switch (measure.kind) {
		case 'value':
			return exactly(measure.value);
		case 'samples':
			return stat === undefined || isBound(stat) ? undefined : statOfSamples(measure.values, stat);
		case 'interval': {
			const { value, lo, hi } = measure;
			if (lo === undefined || hi === undefined) {
				return undefined;
			}
			if (stat?.of === 'lo') {
				return exactly(lo);
			}
			return stat?.of === 'hi' ? exactly(hi) : { value, lo, hi };
		}
	}
}

function exactly(value: number): Ranged {
	return { value, lo: value, hi: value };
}

function tooFew(
	measure: Measure,
	shown: (value: number) => string,
): { readonly found: string; readonly reason: string } {
	return measure.kind === 'samples'
		? {
				found: `${measure.values.length} samples`,
				reason: `too few samples, at least ${SAMPLES_MIN} are needed`,
			}
		: { found: shown(measure.value), reason: 'too few rounds for an interval' };
}
