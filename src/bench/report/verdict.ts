import type { RatioInterval } from '../../statistics/paired-ratio.ts';
import {
	formatBytes,
	formatShare,
	formatTimesRange,
	formatWithin,
	plural,
} from '../../util/units.ts';
import type { Analysis } from '../analysis/analysis.ts';
import { isServerBound } from '../analysis/bound-by.ts';
import type { CellAnalysis } from '../analysis/cell-analysis.ts';
import { isUninformative, type Judgement } from '../analysis/judgements.ts';
import type { Cell, Measured } from '../results.ts';

/** The comparisons that lead to the recommendation, in sentences with numbers. Plain text. */
export function verdict(analysis: Analysis): readonly string[] {
	const { judgements, cells, recommendation } = analysis;
	const sentences = judgements.flatMap((judgement) => [
		timeSentence(judgement),
		...cpuSentence(judgement),
	]);
	const bound = cells.filter((cell) => cell.time !== undefined && isServerBound(cell));
	if (bound.length > 0) {
		const list = bound.map(
			(one) => `${cellText(one.cell)} ${formatShare(one.serverUtilization ?? 0)}`,
		);
		sentences.push(
			`Not compared, since the server was the bottleneck (share of the time in which it worked): ${list.join(', ')}.`,
		);
	}
	const highest = cells.find(({ cell }) => cell.id === recommendation.cell);
	return highest === undefined ? sentences : [...sentences, ...suggestMoreSlots(highest, analysis)];
}

function timeSentence(judgement: Judgement): string {
	const { kind, winner, other, ratio } = judgement;
	const { interval, longer, rounds } = ratio;
	if (interval === undefined || kind === 'too-few-rounds') {
		return `${cellText(winner)} took less time than ${cellText(other)} in ${longer} of ${rounds} rounds: too few for an interval.`;
	}
	const start = startClause(judgement);
	if (kind === 'faster') {
		return `${asSubject(winner, other)} ${timesAsFast(interval)} as ${asObject(winner, other)} (${longer} of ${rounds} rounds)${start}.`;
	}
	const pair = pairText(winner, other);
	const within = formatWithin(interval.low, interval.high);
	if (kind === 'as-fast') {
		return `${pair} are equally fast (within ${within})${start}.`;
	}
	return isUninformative(interval)
		? `${pair} cannot be told apart in ${rounds} rounds (within ${within})${start}.`
		: `${pair} are equally fast within ${within}; more rounds would tell${start}.`;
}

/** `is 14 to 23 times as fast`. */
function timesAsFast({ low, high }: RatioInterval): string {
	return `is ${formatTimesRange(low, high)} times as fast`;
}

/** Mentions the start-up of the process and its threads if it reverses or decides the result. */
function startClause({ kind, winner, other, processRatio, fasterProcess }: Judgement): string {
	const interval = processRatio?.interval;
	if (interval === undefined) {
		return '';
	}
	const { low, high } = interval;
	if (fasterProcess === 'other') {
		const times = formatTimesRange(1 / high, 1 / low);
		return `; with the start of the process, ${other.name} is ${times} times as fast`;
	}
	if (kind === 'faster') {
		return low > 1
			? ''
			: `; with the start of the process, equally fast within ${formatWithin(low, high)}`;
	}
	return fasterProcess === 'winner'
		? `; with the start of the process, ${winner.name} ${timesAsFast(interval)}`
		: '';
}

function cpuSentence({ winner, other, cpuRatio, cheaper }: Judgement): readonly string[] {
	const interval = cpuRatio?.interval;
	if (interval === undefined || cheaper === undefined || winner.name === other.name) {
		return [];
	}
	const { low, high } = interval;
	const [pricier, times] =
		cheaper === 'winner'
			? [other, formatTimesRange(low, high)]
			: [winner, formatTimesRange(1 / high, 1 / low)];
	const cheap = pricier === other ? winner : other;
	return [`${pricier.name} takes ${times} times the processor time of ${cheap.name}.`];
}

/** Suggests more slots if the highest number tried is the best and only latency limits it. */
function suggestMoreSlots({ cell, boundBy }: CellAnalysis, { cells }: Analysis): readonly string[] {
	const strategies = cells.filter((one) => one.cell.kind === 'strategy');
	const most = Math.max(...strategies.map((one) => one.cell.concurrency));
	const isOpen = cell.concurrency === most && boundBy === 'latency' && strategies.length > 1;
	return isOpen
		? [`Nothing above ${plural(most, 'slot')} was tried; -c ${most},${2 * most} would tell.`]
		: [];
}

/** `async (32 slots)`. */
export function cellText({ name, concurrency }: Cell): string {
	return name === 'sequential' ? name : `${name} (${plural(concurrency, 'slot')})`;
}

/** Omits the slots if both have the same number. */
function asSubject(one: Cell, other: Cell): string {
	return isSameSlots(one, other) ? one.name : cellText(one);
}

function asObject(one: Cell, other: Cell): string {
	return isSameSlots(one, other)
		? `${other.name} with ${plural(one.concurrency, 'slot')} each`
		: cellText(other);
}

function pairText(one: Cell, other: Cell): string {
	return isSameSlots(one, other)
		? `With ${plural(one.concurrency, 'slot')} each, ${one.name} and ${other.name}`
		: `${cellText(one)} and ${cellText(other)}`;
}

function isSameSlots(one: Cell, other: Cell): boolean {
	return one.concurrency === other.concurrency && one.name !== other.name && one.concurrency > 1;
}

export function title({ work, rounds, quick, runs }: Measured): string {
	const { files, scenario } = work;
	const bytes = files.reduce((sum, file) => sum + (file.bytes ?? 0), 0);
	const size = files.every((file) => file.bytes !== undefined) ? ` (${formatBytes(bytes)})` : '';
	const from =
		scenario === undefined
			? 'from your server'
			: `scenario ${scenario.name}: ${scenario.description}`;
	const extent = `${plural(rounds, 'round')}${quick ? ' (quick)' : ''}, ${plural(runs.length, 'run')}`;
	return `${plural(files.length, 'file')}${size}, ${extent}, ${from}`;
}
