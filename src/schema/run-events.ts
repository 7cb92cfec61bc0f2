import * as v from 'valibot';
import type { DeepReadonly } from '../util/members.ts';
import { explain } from './explain.ts';
import {
	at,
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
 * Events of `flagdl get`: the lines of `--json` and of .ndjson reports, and the parts of .json reports. The types, the
 * parser of bench and smoke, and the JSON Schemas are derived from this. Members may be added; `v` changes when one is
 * removed or changes its meaning.
 */

const httpStatus = integerFrom(100, 999);
const sha = (digits: number) =>
	v.pipe(v.string('a text'), v.regex(new RegExp(`^[0-9a-f]{${digits}}$`), 'a digest'));

/** Shared shapes, each defined once in a JSON Schema. */
export const runDefinitions = { count, positive, durationMs, timeMs, httpStatus };

export const runStart = {
	version: said('Version of flagdl.'),
	nodeVersion: maybe(said('Version of Node.js: 20.18.1.')),
	commandLine: maybe(said('The command as typed in a shell, with … in place of secrets.')),
	strategy: said('async, threads, sequential or queue.'),
	concurrency: described(positive, 'Number of slots: requests in flight at once.'),
	threads: maybe(described(positive, 'Worker threads of the strategy threads.')),
	targets: maybe(counted('Number of targets, if known in advance.')),
	outputDir: said('Absolute path of the output directory.'),
	server: maybe(said('Base URL or template of the flags, if codes were requested.')),
	scenario: maybe(said('Scenario of the bundled server.')),
	seed: maybe(counted('Seed of faults and back-off.')),
	startMs: at('Start of the run.'),
};

const failure = described(
	openObject({
		code: said('Stable: http_503, ECONNRESET, truncated.'),
		message: said('Human-readable description.'),
		causes: described(listOf(text), 'Messages of the underlying errors, outermost first.'),
	}),
	'Why there is no file, if the status is not_found, error or cancelled.',
);

const attempt = described(
	openObject({
		number: described(positive, 'From 1.'),
		url: said('URL of the request, after redirects.'),
		waitedMs: took('Wait before the request: back-off, or a pause of the origin.'),
		startMs: at('Start of the attempt.'),
		connectedMs: maybe(at('Connection established.')),
		reused: maybe(described(flag, 'Whether the connection was reused.')),
		headersMs: maybe(at('Response header received.')),
		bodyMs: maybe(at('Content received.')),
		writtenMs: maybe(at('File saved.')),
		endMs: at('End of the attempt.'),
		status: maybe(httpStatus),
		bytes: counted('Content received, in bytes.'),
		servedMs: maybe(took('Latency that the bundled server added, as it reports.')),
		code: maybe(said('Failure code of the attempt.')),
	}),
	'One HTTP request.',
);

const status = v.picklist(['ok', 'unchanged', 'skipped', 'not_found', 'error', 'cancelled']);

export const outcome = {
	id: said('A country code in upper case, or the URL.'),
	index: counted('Position in the list, from 0.'),
	url: said('URL of the file, without user and password.'),
	dest: said('Absolute path of the file.'),
	status,
	bytes: counted('Size of the saved content, in bytes.'),
	requests: counted('HTTP requests, including redirects.'),
	retries: counted('Attempts after the first.'),
	startMs: at('Start of the first attempt.'),
	endMs: at('End of the last attempt.'),
	httpStatus: maybe(described(httpStatus, 'Status code of the last response.')),
	error: maybe(failure),
	attempts: maybe(listOf(attempt)),
	sha256: maybe(described(sha(64), 'Digest of the file, if it was verified or computed.')),
	etag: maybe(said('ETag of the response.')),
	lastModified: maybe(said('Last-Modified of the response.')),
};

const EXIT_CODES: readonly number[] = [0, 1, 2, 4, 70, 129, 130, 143];

export const runEnd = {
	totals,
	requests: counted('HTTP requests, including redirects.'),
	retries: counted('Attempts after the first of each target.'),
	bytes: counted('Size of all saved content, in bytes.'),
	notStarted: counted('Cancelled targets for which no request was sent.'),
	wallMs: took('From first target to last outcome.'),
	cpuMs: took('User and system time of the process, threads included.'),
	maxRssBytes: counted('Peak resident memory, in bytes.'),
	eventLoopDelay,
	exitCode: described(v.picklist(EXIT_CODES), 'Exit code of the command.'),
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
		'One object per line. The first is run.start, the last is run.end. If the run cannot start, run.end is the only one. Members may be added; v changes when one is removed or changes its meaning.',
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

/** Members of an event, without `v`, `seq` and `type`. */
export type RunStartMembers = Members<typeof runStart>;
export type WarningMembers = Members<typeof warning>;
export type RunEndMembers = Members<typeof runEnd>;
export type OutcomeMembers = Members<typeof outcome>;

/** A line of `flagdl get --json`. */
export type ReadEvent = DeepReadonly<v.InferOutput<typeof runEvent>>;

/** A parsed line: an event, or why it is invalid. */
export type ReadLine =
	| { readonly event: ReadEvent; readonly problem?: undefined }
	| { readonly event?: undefined; readonly problem: string };

const SHOWN_LENGTH = 80;

/** Parses a line of `flagdl get --json`. */
export function readEvent(line: string): ReadLine {
	let value: unknown;
	try {
		value = JSON.parse(line);
	} catch {
		return { problem: `is not JSON: ${line.slice(0, SHOWN_LENGTH)}` };
	}
	const { success, output, issues } = v.safeParse(runEvent, value, { abortPipeEarly: true });
	if (success) {
		return { event: output };
	}
	const problems = explain(issues).map(({ pointer, message }) =>
		pointer === '' ? message : `${pointer}: ${message}`,
	);
	return { problem: `is no event: ${problems.join('; ')}` };
}
