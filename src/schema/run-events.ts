import * as v from 'valibot';
import {
	count,
	counted,
	durationMs,
	event,
	eventLoopDelay,
	type Members,
	openObject,
	positive,
	timeMs,
	took,
	totals,
	warning,
} from './output.ts';
import { described, flag, integerFrom, listOf, maybe, said, text } from './shapes.ts';

/**
 * What a run of `flagdl get` tells: the lines of `--json` and of reports in .ndjson, and the parts of a report in
 * .json. The types that the code uses, the reader of bench and smoke and the JSON Schemas are derived from this.
 * Members may be added; `v` changes when one is removed or means something else.
 */

const httpStatus = integerFrom(100, 999);
const sha = (digits: number) =>
	v.pipe(v.string('a text'), v.regex(new RegExp(`^[0-9a-f]{${digits}}$`), 'a digest'));

/** Shapes that several others have: each is written into a JSON Schema once. */
export const runDefinitions = { count, positive, durationMs, timeMs, httpStatus };

export const runStart = {
	version: said('Of flagdl.'),
	nodeVersion: maybe(said('Of Node.js: 20.18.1.')),
	commandLine: maybe(said('As a shell reads it, with … in place of each secret.')),
	strategy: text,
	concurrency: described(positive, 'Slots.'),
	threads: maybe(positive),
	targets: maybe(counted('If it is known beforehand.')),
	outputDir: text,
	server: maybe(said('Base URL or template of the flags, if codes were asked for.')),
	scenario: maybe(text),
	seed: maybe(count),
	startMs: timeMs,
};

const failure = described(
	openObject({
		code: said('Stable: http_503, ECONNRESET, truncated.'),
		message: text,
		causes: listOf(text),
	}),
	'Why there is no file: with not_found, error and cancelled.',
);

const attempt = described(
	openObject({
		number: positive,
		url: text,
		waitedMs: took('Back-off, or the pause of its origin.'),
		startMs: timeMs,
		connectedMs: maybe(timeMs),
		reused: maybe(flag),
		headersMs: maybe(timeMs),
		bodyMs: maybe(timeMs),
		writtenMs: maybe(timeMs),
		endMs: timeMs,
		status: maybe(httpStatus),
		bytes: count,
		servedMs: maybe(durationMs),
		code: maybe(text),
	}),
	'One HTTP request.',
);

const status = v.picklist(['ok', 'unchanged', 'skipped', 'not_found', 'error', 'cancelled']);

export const outcome = {
	id: said('A country code in upper case, or the URL.'),
	index: count,
	url: text,
	dest: said('Absolute path of the file.'),
	status,
	bytes: count,
	requests: count,
	retries: count,
	startMs: timeMs,
	endMs: timeMs,
	httpStatus: maybe(httpStatus),
	error: maybe(failure),
	attempts: maybe(listOf(attempt)),
	sha256: maybe(sha(64)),
	etag: maybe(text),
	lastModified: maybe(text),
};

const EXIT_CODES: readonly number[] = [0, 1, 2, 4, 70, 129, 130, 143];

export const runEnd = {
	totals,
	requests: count,
	retries: count,
	bytes: count,
	notStarted: counted('Of the cancelled targets: those for which no request was sent.'),
	wallMs: took('From first target to last outcome.'),
	cpuMs: took('User and system time of the process, threads included.'),
	maxRssBytes: count,
	eventLoopDelay,
	exitCode: v.picklist(EXIT_CODES),
};

export const runEvent = v.pipe(
	v.variant('type', [
		event('run.start', runStart),
		event('outcome', outcome),
		event('warning', warning),
		event('run.end', runEnd),
	]),
	v.title('An event of flagdl get --json, and a line of a report in .ndjson'),
	v.description(
		'One object a line. The first is run.start, the last is run.end. Where nothing could begin, run.end is the only one. Members may be added; v changes when one is removed or means something else.',
	),
);

export const runReport = v.pipe(
	v.strictObject({
		version: v.literal(1),
		run: openObject(runStart),
		outcomes: described(listOf(openObject(outcome)), 'In the order in which they ended.'),
		warnings: listOf(openObject(warning)),
		summary: openObject(runEnd),
	}),
	v.title('A report of flagdl get in .json'),
);

/** The members of an event, without what numbers it. */
export type RunStartMembers = Members<typeof runStart>;
export type WarningMembers = Members<typeof warning>;
export type RunEndMembers = Members<typeof runEnd>;
export type OutcomeMembers = Members<typeof outcome>;
