import * as v from 'valibot';
import {
	amount,
	count,
	counted,
	durationMs,
	eventLoopDelay,
	positive,
	share,
	took,
	totals,
} from './output.ts';
import { described, flag, maybe, said, shape, text } from './shapes.ts';

/** Measurements of `flagdl bench`: every raw time, in milliseconds. */

const timestamp = v.pipe(text, v.isoTimestamp(), v.description('ISO 8601, UTC.'));

export const rate = v.strictObject({ requests: positive, windowMs: durationMs });

/** The work of every run. */
const work = v.strictObject({
	files: described(
		v.array(
			v.strictObject({
				id: text,
				url: said('Path on the bundled server, or the whole URL on others.'),
				bytes: maybe(counted('Size of the correct content, if known in advance.')),
			}),
		),
		'In the order of the list.',
	),
	scenario: maybe(
		shape('Absent if the files are not on the bundled server.', {
			name: text,
			description: text,
			rate: maybe(described(rate, 'Limit of requests within any window.')),
			planned: shape('Computed before the first run.', {
				faults: described(
					v.record(text, count),
					'Attempts that each rule claims if every file is tried until it is saved or has failed for good.',
				),
				ok: counted('Files that can be downloaded.'),
				exact: described(flag, 'False if the faults also depend on order or time.'),
				idealMs: described(
					v.record(text, durationMs),
					'Length of the schedule of the planned latencies without back-off, by number of slots.',
				),
			}),
		}),
	),
	rate: maybe(described(rate, 'Request rate limit given to flagdl.')),
});

/** The machine, as far as it affects the numbers. */
const environment = v.strictObject({
	node: text,
	platform: text,
	cpu: text,
	cores: described(positive, 'Usable processors.'),
	memoryBytes: count,
	loadBefore: maybe(
		described(amount, 'Load average of the minute before the first run, if there is one.'),
	),
	timerLatenessMs: took('Median lateness of a 10 ms timer.'),
});

export const cell = shape('A strategy or a peer at one concurrency.', {
	id: said('async@8'),
	name: said('In tables: a strategy, async (2), or a peer.'),
	kind: v.picklist(['strategy', 'peer']),
	concurrency: positive,
	threads: maybe(described(positive, 'Worker threads of the strategy threads.')),
	startCpuMs: maybe(took('Processor time of a run with one file: the cost of a start.')),
});

export const runAttempt = shape('One request; times from the first request of its run.', {
	file: counted('Index in work.files.'),
	number: described(positive, 'From 1, for each file.'),
	waitedMs: described(
		v.number(),
		'Without a slot: since the start of the file, or since its last request (back-off, pause, queue).',
	),
	startMs: v.number(),
	connectedMs: maybe(v.number()),
	reused: maybe(described(flag, 'Whether its connection was reused.')),
	headersMs: maybe(v.number()),
	bodyMs: maybe(v.number()),
	writtenMs: maybe(v.number()),
	endMs: v.number(),
	status: maybe(v.pipe(v.number(), v.integer())),
	bytes: count,
	servedMs: maybe(described(v.number(), 'From request to header, as the server reports.')),
	code: maybe(said('Of the failure.')),
	rule: maybe(said('The rule of the scenario that claimed it.')),
	refused: maybe(described(v.literal(true), 'By a limit of the server.')),
	transferMs: maybe(
		described(v.number(), 'What the scenario adds between the header and the end of the body.'),
	),
	connection: maybe(
		counted("In the server's log; only for peers, which report no times of their own."),
	),
});

export const run = shape('One run of a cell, in its own process.', {
	round: described(positive, 'From 1.'),
	place: described(positive, 'Position in its round, from 1.'),
	cell: said('Id.'),
	status: described(
		v.picklist(['ok', 'incomplete', 'failed']),
		'incomplete: a file that other runs saved is missing, or no run saved any. failed: it crashed, or a saved file is wrong. Averages leave both out.',
	),
	files: counted('Files on disk after the run.'),
	failure: maybe(said('Why the run is not ok.')),
	log: maybe(said('The end of its standard error, if it is not ok.')),
	wallMs: maybe(took('From first request to last file.')),
	startUpMs: maybe(
		described(
			v.number(),
			'From the start of the run to its first request, the start of threads included.',
		),
	),
	processMs: took('From the start of the process to its end.'),
	cpuMs: maybe(durationMs),
	maxRssBytes: maybe(count),
	eventLoopDelay: maybe(eventLoopDelay),
	totals: maybe(totals),
	requests: maybe(count),
	retries: maybe(count),
	bytes: maybe(count),
	connections: maybe(count),
	server: maybe(
		shape('The load of the run on the server.', {
			utilization: described(share, 'Busy time of the event loop over the wall time of the run.'),
			requests: count,
			refused: counted('Requests refused by a limit.'),
			maxInFlight: count,
		}),
	),
	attempts: v.array(runAttempt),
});

/** All measurements of a bench, without the analysis. */
export const measured = {
	v: v.literal(1),
	version: said('Of flagdl.'),
	startedAt: timestamp,
	endedAt: timestamp,
	command: said('A command line that repeats the bench.'),
	partial: described(flag, 'True if the bench was interrupted, so that the last round lacks runs.'),
	quick: flag,
	rounds: positive,
	seed: counted('Of the order within the rounds, and of the scenario.'),
	work,
	environment,
	cells: v.array(cell),
	runs: described(v.array(run), 'In the order in which they ran, without the warm-up.'),
	notes: described(v.array(text), 'On the whole bench, such as peers that are not installed.'),
};
