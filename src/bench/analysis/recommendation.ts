import type * as v from 'valibot';
import type { recommendation } from '../../schema/bench-results.ts';
import type { DeepReadonly } from '../../util/members.ts';
import { formatTimes, formatWithin } from '../../util/units.ts';
import type { Cell } from '../results.ts';
import { isServerBound } from './bound-by.ts';
import type { CellAnalysis } from './cell-analysis.ts';
import {
	type Comparison,
	compare,
	estimate,
	isUninformative,
	type Judgement,
} from './judgements.ts';

/** What to use for this work, or why nothing is recommended. */
export type Recommendation = DeepReadonly<v.InferOutput<typeof recommendation>>;

export interface Advice {
	readonly recommendation: Recommendation;
	/** The recommended cell against the others. */
	readonly judgements: readonly Judgement[];
}

/** With fewer rounds there is no interval. */
const MIN_ROUNDS = 3;

/**
 * Recommends a cell: the fewest slots that are as fast as the fastest cell, and, of the fastest strategies at
 * this concurrency, the one that uses the least processor time.
 */
export function advise(cells: readonly CellAnalysis[], comparison: Comparison): Advice {
	const timed = cells.filter(({ cell, time }) => cell.kind === 'strategy' && time !== undefined);
	const candidates = timed.filter((cell) => cell.bad === 0 && !isServerBound(cell));
	const fastest = byTime(candidates)[0];
	const slowerMs = fastest && medianMs(fastest) * (1 + comparison.margin);
	const busy = timed.filter(
		(cell) => isServerBound(cell) && !(slowerMs !== undefined && medianMs(cell) > slowerMs),
	);
	if (busy.length > 0) {
		const list = busy.map(({ cell }) => optionsText(cell)).join(', ');
		return noVerdict('server', `the server was the bottleneck (${list})`);
	}
	if (fastest === undefined) {
		const why = timed.length === 0 ? 'no run was complete' : 'every strategy had runs that failed';
		return noVerdict('failed-runs', why);
	}
	const winner = pick(candidates, fastest, comparison);
	if (winner.good < MIN_ROUNDS) {
		const need = `${winner.good}, and it takes ${MIN_ROUNDS}`;
		const fastestText = `fastest so far: ${optionsText(fastest.cell)}`;
		return noVerdict('too-few-rounds', `too few rounds for an interval (${need}); ${fastestText}`);
	}
	const comparable = cells.filter((cell) => cell.time !== undefined && !isServerBound(cell));
	const judgements = rivals(winner, comparable).flatMap(
		(rival) => compare(winner.cell, rival.cell, comparison) ?? [],
	);
	if (judgements.length === 0) {
		return noVerdict(
			'nothing-to-compare',
			`nothing to compare ${optionsText(winner.cell)} with; name more strategies or more slots`,
		);
	}
	const isOpen = ({ kind, ratio: { interval } }: Judgement) =>
		kind === 'no-difference' && interval !== undefined && isUninformative(interval);
	if (judgements.every(isOpen)) {
		const fastestText = `fastest so far: ${optionsText(fastest.cell)}`;
		return noVerdict(
			'too-few-rounds',
			`the runs vary too much to tell one from another; ${fastestText}`,
		);
	}
	return {
		recommendation: {
			text: useLine(winner.cell, judgements, comparison.margin),
			cell: winner.cell.id,
			options: optionsOf(winner.cell, comparison.measured.environment.cores),
		},
		judgements,
	};
}

function pick(
	candidates: readonly CellAnalysis[],
	fastest: CellAnalysis,
	comparison: Comparison,
): CellAnalysis {
	const near = candidates.filter(
		({ cell }) =>
			cell === fastest.cell ||
			(estimate(cell, fastest.cell, comparison) ?? Number.POSITIVE_INFINITY) <=
				1 + comparison.margin,
	);
	const slots = Math.min(...near.map(({ cell }) => cell.concurrency));
	const sameSlots = byTime(candidates.filter(({ cell }) => cell.concurrency === slots));
	const [first = fastest] = sameSlots;
	const tied = sameSlots.filter((cell) => cell === first || isTied(first, cell, comparison));
	return tied.reduce((best, cell) => (cpuOf(cell) < cpuOf(best) ? cell : best), first);
}

function noVerdict(reason: NonNullable<Recommendation['reason']>, why: string): Advice {
	return { recommendation: { text: `No verdict: ${why}.`, reason }, judgements: [] };
}

/** Whether the first is not faster beyond the margin, or its start-up costs more than it gains. */
function isTied(first: CellAnalysis, other: CellAnalysis, comparison: Comparison): boolean {
	const judgement = compare(first.cell, other.cell, comparison);
	return (
		judgement !== undefined && (judgement.kind !== 'faster' || judgement.fasterProcess === 'other')
	);
}

/**
 * The cells to compare with: of each other name, the one at the same concurrency, or else its fastest; and
 * the fastest cell of the same name at another concurrency.
 */
function rivals(winner: CellAnalysis, cells: readonly CellAnalysis[]): readonly CellAnalysis[] {
	const { name, concurrency } = winner.cell;
	const names = [...new Set(cells.map(({ cell }) => cell.name))].filter((one) => one !== name);
	const others = names.flatMap((one) => {
		const own = byTime(cells.filter(({ cell }) => cell.name === one));
		return own.find(({ cell }) => cell.concurrency === concurrency) ?? own[0] ?? [];
	});
	const strategies = others.filter(({ cell }) => cell.kind === 'strategy');
	const peers = others.filter(({ cell }) => cell.kind === 'peer');
	const sameName = byTime(
		cells.filter(({ cell }) => cell.name === name && cell.id !== winner.cell.id),
	);
	return [...strategies, ...sameName.slice(0, 1), ...peers];
}

function byTime(cells: readonly CellAnalysis[]): readonly CellAnalysis[] {
	return [...cells].sort((one, other) => medianMs(one) - medianMs(other));
}

function medianMs({ time }: CellAnalysis): number {
	return time?.medianMs ?? Number.POSITIVE_INFINITY;
}

function cpuOf({ cpuMs }: CellAnalysis): number {
	return cpuMs ?? Number.POSITIVE_INFINITY;
}

/** `Use: async -c 32 (18 × sequential; threads is not faster and takes 1.9 × the processor time)`. */
function useLine(cell: Cell, judgements: readonly Judgement[], margin: number): string {
	const reasons = judgements.flatMap((judgement) => reasonOf(cell, judgement, margin) ?? []);
	return `Use: ${optionsText(cell)}${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}`;
}

function reasonOf(cell: Cell, judgement: Judgement, margin: number): string | undefined {
	const { kind, winner, other, ratio, fasterProcess } = judgement;
	const rival = winner.id === cell.id ? other : winner;
	if (rival.name === cell.name) {
		return undefined;
	}
	if (winner.id !== cell.id) {
		const start = fasterProcess === 'other' ? ' without its start' : '';
		return `${rival.name} is ${formatTimes(ratio.ratio)} × as fast${start}`;
	}
	if (kind === 'faster' && fasterProcess !== 'other') {
		return rival.kind === 'peer' ? undefined : `${formatTimes(ratio.ratio)} × ${rival.name}`;
	}
	return rival.kind === 'peer' ? undefined : tieReason(rival, judgement, margin);
}

/** `threads is not faster and takes 1.9 × the processor time`. */
function tieReason({ name }: Cell, judgement: Judgement, margin: number): string {
	const { ratio, fasterProcess, cpuRatio, cheaper } = judgement;
	const { low, high } = ratio.interval ?? { low: ratio.ratio, high: ratio.ratio };
	const time =
		fasterProcess === 'other'
			? 'is faster with its start'
			: low >= 1 / (1 + margin)
				? 'is not faster'
				: isUninformative({ low, high })
					? `cannot be told apart in ${ratio.rounds} rounds`
					: `is equally fast within ${formatWithin(low, high)}`;
	const cpu =
		cpuRatio === undefined || cheaper === undefined
			? ''
			: ` and takes ${formatTimes(cpuRatio.ratio)} × the processor time`;
	return `${name} ${time}${cpu}`;
}

/** As on a command line, but with the name used in tables: `async -c 32`. */
function optionsText({ name, concurrency }: Cell): string {
	return name === 'sequential' ? name : `${name} -c ${concurrency}`;
}

function optionsOf({ name, concurrency, threads }: Cell, cores: number): readonly string[] {
	const strategy = name.replace(/ \(\d+\)$/, '');
	const isDefault = threads === undefined || threads === Math.min(cores, concurrency);
	return [
		...['--strategy', strategy],
		...(strategy === 'sequential' ? [] : ['--concurrency', String(concurrency)]),
		...(isDefault ? [] : ['--threads', String(threads)]),
	];
}
