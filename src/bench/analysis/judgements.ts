import type * as v from 'valibot';
import type { judgement, side } from '../../schema/bench-results.ts';
import {
	type PairedRatio,
	pairedRatio,
	type RatioInterval,
} from '../../statistics/paired-ratio.ts';
import type { DeepReadonly } from '../../util/members.ts';
import type { Cell, Measured } from '../results.ts';
import { type Clock, pairs } from '../results.ts';

/** The comparison of two cells. */
export type Judgement = DeepReadonly<v.InferOutput<typeof judgement>>;

export type Side = v.InferOutput<typeof side>;

/** What a comparison needs besides its cells. */
export interface Comparison {
	readonly measured: Measured;
	readonly clock: Clock;
	/** Smaller relative differences count as equal: 0.02. */
	readonly margin: number;
}

/**
 * Coverage of the interval that must lie beyond the margin before a difference is reported. A bench makes
 * several comparisons, so each must be wrong in fewer than 5 of 100 cases.
 */
const CLAIM_COVERAGE = 0.98;

/**
 * Compares two cells by the rounds in which both completed.
 *
 * @returns `undefined` if there is no such round. The cells are swapped if the other is faster.
 */
export function compare(winner: Cell, other: Cell, comparison: Comparison): Judgement | undefined {
	const { clock } = comparison;
	const time = ratios(other, winner, clock, comparison);
	if (time === undefined) {
		return undefined;
	}
	const { margin } = comparison;
	if (time.claim !== undefined && isBelow(time.claim, margin)) {
		return compare(other, winner, comparison);
	}
	const process =
		clock === 'processMs' ? undefined : ratios(other, winner, 'processMs', comparison);
	const cpu = ratios(other, winner, 'cpuMs', comparison);
	const fasterProcess = process?.claim && smallerSide(process.claim, margin);
	const cheaper = cpu?.claim && smallerSide(cpu.claim, margin);
	return {
		kind: kindOf(time, margin),
		winner,
		other,
		ratio: time.ratio,
		...(process && { processRatio: process.ratio }),
		...(fasterProcess && { fasterProcess }),
		...(cpu && { cpuRatio: cpu.ratio }),
		...(cheaper && { cheaper }),
	};
}

interface Ratios {
	readonly ratio: PairedRatio;
	/** The deciding interval; absent if there are too few rounds. */
	readonly claim: RatioInterval | undefined;
}

function ratios(
	one: Cell,
	other: Cell,
	measure: Clock | 'cpuMs',
	{ measured }: Comparison,
): Ratios | undefined {
	const both = pairs(measured, one.id, other.id, measure).filter(([a, b]) => a > 0 && b > 0);
	return both.length === 0
		? undefined
		: { ratio: pairedRatio(both), claim: pairedRatio(both, CLAIM_COVERAGE).interval };
}

function kindOf({ ratio, claim }: Ratios, margin: number): Judgement['kind'] {
	const { interval } = ratio;
	if (interval === undefined || claim === undefined) {
		return 'too-few-rounds';
	}
	if (isAbove(claim, margin)) {
		return 'faster';
	}
	const isEqual = interval.low >= 1 / (1 + margin) && interval.high <= 1 + margin;
	return isEqual ? 'as-fast' : 'no-difference';
}

/** The side with the smaller value, by the ratio of the other to the winner. */
function smallerSide(claim: RatioInterval, margin: number): Side | undefined {
	if (isAbove(claim, margin)) {
		return 'winner';
	}
	return isBelow(claim, margin) ? 'other' : undefined;
}

function isAbove({ low }: RatioInterval, margin: number): boolean {
	return low > 1 + margin;
}

function isBelow({ high }: RatioInterval, margin: number): boolean {
	return high < 1 / (1 + margin);
}

/** Estimated ratio of a cell's time to the other's; `undefined` if they share no round. */
export function estimate(
	cell: Cell,
	other: Cell,
	{ measured, clock }: Comparison,
): number | undefined {
	const both = pairs(measured, cell.id, other.id, clock);
	return both.length === 0 ? undefined : pairedRatio(both).ratio;
}

/** Whether an interval is too wide to be informative: it reaches a factor of two. */
export function isUninformative({ low, high }: Pick<RatioInterval, 'low' | 'high'>): boolean {
	return Math.max(high, 1 / low) >= 2;
}
