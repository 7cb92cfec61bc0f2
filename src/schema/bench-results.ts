import * as v from 'valibot';
import { cell, measured, rate, run, runAttempt } from './bench-measured.ts';
import {
	amount,
	count,
	counted,
	durationMs,
	positive,
	share,
	thresholdVerdict,
	took,
} from './output.ts';
import { described, maybe, said, shape, text } from './shapes.ts';

/** The file of `flagdl bench --json`: measurements and their analysis. */

const ABOVE_0 = 'a number above 0';

const pairedRatio = shape(
	'Time of the first over time of the second; for speedUp, of the baseline over this cell.',
	{
		ratio: v.pipe(v.number(ABOVE_0), v.gtValue(0, ABOVE_0)),
		interval: maybe(
			shape('Absent if fewer than three rounds have both.', {
				low: v.number(),
				high: v.number(),
				coverage: share,
				method: v.picklist(['signed-rank', 'student-t']),
			}),
		),
		rounds: described(positive, 'Rounds in which both ran.'),
		longer: counted('Rounds in which the first took longer.'),
	},
);

export const markedRun = v.strictObject({
	round: positive,
	outlier: v.picklist(['mild', 'severe']),
	factor: described(amount, 'Its time over the median of its cell.'),
	seen: said('What was unusual in it: event loop held up 38 ms.'),
});

const LIMITS = ['latency', 'back-off', 'bandwidth', 'rate limit'] as const;

export const ideal = v.strictObject({
	ms: took('The longest of the three.'),
	scheduleMs: durationMs,
	bandwidthMs: durationMs,
	rateMs: durationMs,
	limit: v.picklist(LIMITS),
});

export const cause = v.picklist([...LIMITS, 'client CPU', 'server', 'unknown']);

export const cellAnalysis = shape('Medians over the completed runs, unless stated otherwise.', {
	cell,
	good: counted('Completed runs.'),
	bad: counted('The others.'),
	time: maybe(
		shape('Wall-clock time; absent if no run completed.', {
			medianMs: durationMs,
			minMs: durationMs,
			maxMs: durationMs,
			spread: described(
				amount,
				'Half the interquartile range over the median: about half of the runs are within this share of it.',
			),
		}),
	),
	wallMs: maybe(took('From first request to last file.')),
	startUpMs: maybe(v.number()),
	processMs: maybe(durationMs),
	speedUp: maybe(pairedRatio),
	processSpeedUp: maybe(pairedRatio),
	ideal: maybe(described(ideal, 'Of the median run.')),
	efficiency: maybe(described(amount, 'Ideal time over wall time.')),
	boundBy: maybe(cause),
	inFlight: maybe(described(amount, 'Requests in flight, on average.')),
	latency: described(
		v.array(
			v.strictObject({
				p: share,
				ms: maybe(took('Absent if fewer than five requests lie beyond it.')),
			}),
		),
		'From slot to last byte of the successful requests of all rounds.',
	),
	latencies: counted('Number of these requests.'),
	requests: maybe(v.number()),
	retries: maybe(v.number()),
	missing: described(v.number(), 'Files that could not be downloaded.'),
	connections: maybe(v.number()),
	cpuMs: maybe(durationMs),
	maxRssBytes: maybe(v.number()),
	eventLoopDelayP99Ms: maybe(durationMs),
	serverUtilization: maybe(amount),
	clientUtilization: maybe(amount),
	typicalRun: maybe(counted('Index in runs of the median run.')),
	outliers: v.array(markedRun),
});

export const side = v.picklist(['winner', 'other']);

export const judgement = shape(
	'The recommended cell against another: at the same concurrency, if there is one.',
	{
		kind: described(
			v.picklist(['faster', 'as-fast', 'no-difference', 'too-few-rounds']),
			'faster: beyond the margin with 98 % confidence. as-fast: the 95 % interval lies within the margin. no-difference: neither could be shown.',
		),
		winner: described(cell, 'The faster one, or the one that is recommended.'),
		other: cell,
		ratio: described(pairedRatio, 'Time of the other over time of the winner.'),
		processRatio: maybe(
			described(pairedRatio, 'The same ratio of whole-process times, if clock is not processMs.'),
		),
		fasterProcess: maybe(
			described(side, 'Which takes less time as a whole process, beyond the margin.'),
		),
		cpuRatio: maybe(
			described(
				pairedRatio,
				'Processor time of the other over that of the winner, if both are known.',
			),
		),
		cheaper: maybe(described(side, 'Which takes less processor time, beyond the margin.')),
	},
);

export const recommendation = shape('What to use, or why nothing is recommended.', {
	text: said('The last line of the report: Use: async -c 32 (18 × sequential).'),
	cell: maybe(said('Id of the recommended cell.')),
	options: maybe(described(v.array(text), 'For flagdl get.')),
	reason: maybe(
		described(
			v.picklist(['server', 'failed-runs', 'too-few-rounds', 'nothing-to-compare']),
			'Why there is none.',
		),
	),
});

export const analysis = v.strictObject({
	clock: described(
		v.picklist(['wallMs', 'processMs']),
		'processMs if it is the only time known of some peer.',
	),
	baseline: maybe(said('Id of the cell that all others are compared with.')),
	cells: v.array(cellAnalysis),
	margin: described(share, 'Smaller differences of time are ignored: 0.02.'),
	judgements: v.array(judgement),
	recommendation,
	thresholds: maybe(
		described(
			v.array(v.strictObject(thresholdVerdict)),
			'The verdicts on --threshold, if there were any.',
		),
	),
});

/** Shared shapes, each defined once in the JSON Schema. */
export const benchDefinitions = {
	count,
	positive,
	durationMs,
	rate,
	cell,
	attempt: runAttempt,
	run,
	ratio: pairedRatio,
	cellAnalysis,
};

export const benchDocument = v.pipe(
	v.strictObject({ ...measured, analysis }),
	v.title('The file of flagdl bench --json'),
	v.description(
		'Every raw time of a bench, and its analysis. Members may be added; v changes when one is removed or changes its meaning.',
	),
);
